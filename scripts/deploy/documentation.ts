// The parts of docs/DEPLOY.md and docs/OPERATIONS.md that are made from infra/ and from stages/.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadStage } from '../../infra/stage/load.ts';
import { resourcesOf } from '../../infra/stage/resources.ts';
import { markdownTable } from '../../lib/markdown-table.ts';
import { monthlyCost, totalsOf } from './cost.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

const load = (name: string) => loadStage(name, { folder: `${root}stages` });

/** A document with its generated parts as they should be now. Throws when a part has no place in it, or an unknown name. */
export const renderDeployDocumentation = (): string => filled('docs/DEPLOY.md', { permissions, cost });
export const renderOperationsDocumentation = (): string => filled('docs/OPERATIONS.md', { alarms });

/** Replaces what stands between `<!-- generated: name -->` and `<!-- end: name -->`. */
function filled(path: string, parts: Readonly<Record<string, () => string>>): string {
  const left = new Set(Object.keys(parts));
  const text = read(path).replace(
    /(<!-- generated: ([\w-]+) -->\n)[\s\S]*?(<!-- end: \2 -->)/g,
    (_, begin: string, name: string, end: string) => {
      const render = parts[name];
      if (render === undefined) throw new Error(`${path}: nothing makes the part ${name}`);
      left.delete(name);
      return `${begin}\n${render()}\n\n${end}`;
    },
  );
  if (left.size > 0) throw new Error(`${path} has no place for ${[...left].join(', ')}`);
  return text;
}

/** The policies as they stand in infra/, with the comments that say why. */
function permissions(): string {
  const policies = (path: string, role: string) =>
    ['```yaml', `# ${path}`, indentedPart(read(path), role), '```'].join('\n');
  return [policies('infra/iam.yml', 'FunctionRole'), policies('infra/schedule.yml', 'SchedulerRole')].join(
    '\n\n',
  );
}

/** A resource of a fragment, without its indentation. */
function indentedPart(text: string, name: string): string {
  const [, part] = text.match(new RegExp(`^(  ${name}:\\n(?:    .*\\n|\\n)*)`, 'm')) ?? [];
  if (part === undefined) throw new Error(`there is no ${name}`);
  return part.trimEnd().replaceAll(/^ {2}/gm, '');
}

/** The three examples side by side. */
function cost(): string {
  const examples = {
    'Grafana Cloud': 'example-grafana-cloud',
    'Amazon Managed Prometheus': 'example-managed-prometheus',
    'Pushgateway in a VPC': 'example-pushgateway-vpc',
  };
  const costs = Object.values(examples).map((name) => monthlyCost(load(name)));
  const whats = [...new Set(costs.flatMap((lines) => lines.map(({ what }) => what)))];
  const dollars = (value: number | undefined) => (value === undefined ? '–' : `$${value.toFixed(2)}`);
  const totals = costs.map(totalsOf);
  return markdownTable([
    ['a month', ...Object.keys(examples)],
    ...whats.map((what) => [
      what,
      ...costs.map((lines) => dollars(lines.find((line) => line.what === what)?.dollars)),
    ]),
    ['**together**', ...totals.map((total) => `**${dollars(total.dollars)}**`)],
    ['without free tiers used elsewhere', ...totals.map(({ billed }) => dollars(billed))],
  ]);
}

/** Names without function and workspace, and what their descriptions say. */
function alarms(): string {
  const stage = load('example-grafana-cloud');
  const rows = Object.values(resourcesOf(stage).Resources).flatMap((resource) => {
    if (!isAlarm(resource)) return [];
    const { AlarmName, AlarmDescription, Namespace, MetricName } = resource.Properties;
    const name = AlarmName.replace(/^\$\{[^}]*\}\//, '').replace(/^production\//, '<workspace>/');
    const says = AlarmDescription.replace('the workspace production', 'the workspace');
    return [[`\`${name}\``, `${Namespace} ${MetricName}`, says]];
  });
  return markdownTable([['alarm', 'looks at', 'says'], ...rows]);
}

interface Alarm {
  readonly Properties: Readonly<
    Record<'AlarmName' | 'AlarmDescription' | 'Namespace' | 'MetricName', string>
  >;
}

const isAlarm = (resource: unknown): resource is Alarm =>
  typeof resource === 'object' &&
  resource !== null &&
  'Type' in resource &&
  resource.Type === 'AWS::CloudWatch::Alarm';
