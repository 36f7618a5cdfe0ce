import type { Family } from '../../lib/metrics/family.ts';

/** Families as readable text: HELP, TYPE, sorted lines. For golden files; what is sent is made by lib/encode. */
export function exposition(families: readonly Family[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ descriptor: { name, help, type }, samples }) => {
      const lines = samples.map(({ labels, value, suffix = '' }) => {
        const pairs = Object.entries(labels).filter(([, text]) => text !== '');
        const text = pairs.map(([label, content]) => `${label}=${JSON.stringify(content)}`).join(',');
        return `${name}${suffix}${text === '' ? '' : `{${text}}`} ${value}`;
      });
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines.sort()].join('\n');
    })
    .join('\n\n')
    .concat('\n');
}
