import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

/** A CloudFormation template, as far as tests look into it. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** Stages whose templates are kept in test/golden/infra, and the folders of their files. */
export const goldenStages = {
  'example-grafana-cloud': 'stages',
  'example-managed-prometheus': 'stages',
  'example-pushgateway-vpc': 'stages',
  minimal: 'test/infra/stages',
  'two-workspaces': 'test/infra/stages',
  'several-workspaces': 'test/infra/stages',
  everything: 'test/infra/stages',
} as const;

export type GoldenStage = keyof typeof goldenStages;

export const goldenStageNames = Object.keys(goldenStages).filter(
  (name): name is GoldenStage => name in goldenStages,
);

export const goldenFile = (stage: GoldenStage): URL =>
  new URL(`../golden/infra/${stage}.yml`, import.meta.url);

/** CloudFormation and cfn-lint read YAML 1.1, where a plain OFF is false. */
const version = '1.1';

/** A template as text to review. The folder in the bucket is named by the time of packaging; the rest never differs. */
export function golden(template: Template): string {
  const withoutTime = JSON.stringify(template).replace(/\/\d{13}-[\d-]+T[\d:.]+Z\//g, '/<time>/');
  return stringify(JSON.parse(withoutTime), { version, lineWidth: 0 });
}

/** A template that was reviewed; `package.test.ts` holds that the stage still makes it. */
export const goldenTemplate = (stage: GoldenStage): Template =>
  parse(readFileSync(goldenFile(stage), 'utf8'), { version });

export function resourcesOfType(template: Template, type: string): readonly (readonly [string, Resource])[] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}
