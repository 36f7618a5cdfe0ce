import type { TextFamily, TextSample } from './text-format.ts';

export interface Group {
  /** The grouping key, `job` among it. */
  readonly key: Readonly<Record<string, string>>;
  readonly families: readonly TextFamily[];
}

/** The groups of a Pushgateway (storage/diskmetricstore.go). */
export interface Groups {
  /** Replaces the group (`put`) or its families of the same names; what is wrong when it is refused. */
  push(method: 'PUT' | 'POST', key: Group['key'], families: readonly TextFamily[]): string | undefined;
  remove(key: Group['key']): void;
  all(): Group[];
}

export function createGroups(): Groups {
  const groups = new Map<string, Group>();
  return {
    push(method, key, pushed) {
      if (pushed.some(({ samples }) => samples.some(({ hasTimestamp }) => hasTimestamp))) {
        return 'pushed metrics must not have timestamps';
      }
      const id = idOf(key);
      const families = pushed.map((family) => ({
        ...family,
        samples: family.samples.map((sample) => withKey(sample, key)),
      }));
      const names = new Set(families.map(({ name }) => name));
      const before = method === 'PUT' ? [] : (groups.get(id)?.families ?? []);
      const group = { key, families: [...before.filter(({ name }) => !names.has(name)), ...families] };
      const next = new Map(groups).set(id, group);
      const inconsistency = inconsistencyOf([...next.values()].flatMap((one) => one.families));
      if (inconsistency === undefined) groups.set(id, group);
      return inconsistency;
    },
    remove: (key) => {
      groups.delete(idOf(key));
    },
    all: () => [...groups.values()],
  };
}

/** Grouping labels win, and there is always an `instance`. */
const withKey = (sample: TextSample, key: Group['key']): TextSample => ({
  ...sample,
  labels: { instance: '', ...sample.labels, ...key },
});

function inconsistencyOf(families: readonly TextFamily[]): string | undefined {
  const types = new Map<string, string>();
  const series = new Set<string>();
  for (const { name, type, samples } of families) {
    const known = types.get(name) ?? type;
    types.set(name, known);
    for (const { name: seriesName, labels } of samples) {
      const text = `collected metric "${name}" { ${JSON.stringify(labels)} }`;
      if (known !== type) return `${text} is not a ${known.toUpperCase()}`;
      const id = JSON.stringify([seriesName, idOf(labels)]);
      if (series.has(id)) return `${text} was collected before with the same name and label values`;
      series.add(id);
    }
  }
  return undefined;
}

const idOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
