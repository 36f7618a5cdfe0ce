import type { Problem } from '../problem.ts';
import type { Family, Labels, Sample } from './family.ts';
import { descriptorFaults, nameFault } from './naming.ts';
import { seriesKey } from './series-key.ts';

/** Label names that samples carry beside those of their descriptor. */
export interface AddedLabels {
  /** On the samples of tagged families. */
  readonly tags: readonly string[];
  /** On every sample. */
  readonly common: readonly string[];
}

export interface CheckedFamilies {
  /** Those that every receiver can store, without those that have no samples. */
  readonly families: readonly Family[];
  /** One for each family that was left out. */
  readonly problems: readonly Problem[];
}

/** Mimir's `max_label_names_per_series`, the lowest limit among receivers; `__name__` counts. */
const maxLabels = 30;

/**
 * Leaves out what a receiver would refuse or misread, before it costs the whole request. A bad family costs only
 * itself; of two families with one name the first stays. Values are cut to length by the encoders.
 */
export function checkFamilies(families: readonly Family[], added: AddedLabels): CheckedFamilies {
  const good: Family[] = [];
  const problems: Problem[] = [];
  const names = new Set<string>();
  for (const family of families) {
    const { name } = family.descriptor;
    const faults = names.has(name) ? ['two families have this name'] : familyFaults(family, added);
    if (faults.length > 0) problems.push(invalidFamily(name, faults));
    else if (family.samples.length > 0) good.push(family);
    names.add(name);
  }
  return { families: good, problems };
}

const invalidFamily = (name: string, faults: readonly string[]): Problem => ({
  slug: 'invalid-family',
  message: `${name} was left out: ${faults.join('; ')}.`,
});

function familyFaults({ descriptor, samples }: Family, added: AddedLabels): readonly string[] {
  const { labels, tagged, type } = descriptor;
  const expected = [...labels, ...(tagged ? added.tags : []), ...added.common];
  const faults = [...descriptorFaults(descriptor)];
  // A Sample has one value and no suffix, so a histogram cannot be told from its parts.
  if (type === 'histogram' && samples.length > 0) faults.push('histograms cannot be written as samples');
  faults.push(...labelSetFaults(expected));
  if (faults.length > 0) return faults;
  return [...sampleFaults(samples, new Set(expected), type === 'counter'), ...duplicates(samples)];
}

function labelSetFaults(expected: readonly string[]): readonly string[] {
  const faults = expected.map(nameFault).filter((fault) => fault !== undefined);
  const twice = expected.find((name, index) => expected.indexOf(name) !== index);
  if (twice !== undefined) faults.push(`the label ${twice} comes from two sides`);
  if (expected.length + 1 > maxLabels) faults.push(`it has ${expected.length + 1} labels of ${maxLabels}`);
  return faults;
}

/** The first sample with wrong labels and the first with a wrong value: one of each says it all. */
function sampleFaults(
  samples: readonly Sample[],
  expected: ReadonlySet<string>,
  isCounter: boolean,
): readonly string[] {
  const faults: string[] = [];
  const odd = samples.find(({ labels }) => !hasExactly(labels, expected));
  if (odd !== undefined) {
    faults.push(`a sample has the labels ${Object.keys(odd.labels).join()}, not ${[...expected].join()}`);
  }
  const wrong = samples.find(({ value }) => !Number.isFinite(value) || (isCounter && value < 0));
  if (wrong !== undefined) faults.push(`the value ${wrong.value} of ${seriesKey(wrong.labels)}`);
  return faults;
}

function hasExactly(labels: Labels, expected: ReadonlySet<string>): boolean {
  const names = Object.keys(labels);
  return names.length === expected.size && names.every((name) => expected.has(name));
}

function duplicates(samples: readonly Sample[]): readonly string[] {
  const seen = new Set<string>();
  for (const { labels } of samples) {
    const key = seriesKey(labels);
    if (seen.has(key)) return [`two samples have the labels ${key}`];
    seen.add(key);
  }
  return [];
}
