import type { Family, Labels } from './family.ts';

/** The labels of every sample: EXTERNAL_LABELS with `job`, and the workspace. */
export const commonLabels = (externalLabels: Labels, workspace: string): Labels => ({
  ...externalLabels,
  workspace,
});

/** The families with `labels` on every sample; a label a sample already has is not touched. */
export const withLabels = (families: readonly Family[], labels: Labels): readonly Family[] =>
  families.map(({ descriptor, samples }) => ({
    descriptor,
    samples: samples.map((sample) => ({ ...sample, labels: { ...labels, ...sample.labels } })),
  }));
