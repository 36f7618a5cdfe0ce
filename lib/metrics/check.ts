import type { Problem } from '../problem.ts';
import type { Family, FamilyDescriptor, Labels, Sample } from './family.ts';
import { histogramFaults } from './histogram.ts';
import { descriptorFaults, nameFault } from './naming.ts';
import { sampleKey, seriesKey } from './series-key.ts';
import { maxLabels } from './to-series.ts';

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

/**
 * Leaves out what a receiver would refuse or misread, before it costs the whole request. A bad family costs only
 * itself; of two families with one name the first stays. Values are cut to length afterwards (`to-series.ts`).
 */
export function checkFamilies(families: readonly Family[], added: AddedLabels): CheckedFamilies {
  const good: Family[] = [];
  const problems: Problem[] = [];
  const names = new Set<string>();
  for (const family of families) {
    const { name } = family.descriptor;
    const taken = seriesNames(family.descriptor).find((one) => names.has(one));
    const faults =
      taken === undefined ? familyFaults(family, added) : [`two families have series with the name ${taken}`];
    if (faults.length > 0) problems.push(invalidFamily(name, faults));
    else if (family.samples.length > 0) good.push(family);
    for (const one of seriesNames(family.descriptor)) names.add(one);
  }
  return { families: good, problems };
}

/** The names of its series, and its own: no other family may have one of them. */
const seriesNames = ({ name, type }: FamilyDescriptor): readonly string[] =>
  type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];

const invalidFamily = (name: string, faults: readonly string[]): Problem => ({
  slug: 'invalid-family',
  message: `${name} was left out: ${faults.join('; ')}.`,
});

function familyFaults({ descriptor, samples }: Family, added: AddedLabels): readonly string[] {
  const { labels, tagged, type } = descriptor;
  const expected = [...labels, ...(tagged ? added.tags : []), ...added.common];
  const faults = [...descriptorFaults(descriptor)];
  const isHistogram = type === 'histogram';
  faults.push(...labelSetFaults(isHistogram ? [...expected, 'le'] : expected));
  if (faults.length > 0) return faults;
  faults.push(...suffixFaults(samples, isHistogram), ...sampleFaults(samples, new Set(expected), type));
  faults.push(...duplicates(samples));
  return isHistogram && faults.length === 0 ? histogramFaults(samples) : faults;
}

function labelSetFaults(expected: readonly string[]): readonly string[] {
  const faults = expected.map(nameFault).filter((fault) => fault !== undefined);
  const twice = expected.find((name, index) => expected.indexOf(name) !== index);
  if (twice !== undefined) faults.push(`the label ${twice} comes from two sides`);
  if (expected.length + 1 > maxLabels) faults.push(`it has ${expected.length + 1} labels of ${maxLabels}`);
  return faults;
}

function suffixFaults(samples: readonly Sample[], isHistogram: boolean): readonly string[] {
  const odd = samples.find(({ suffix }) => (suffix !== undefined) !== isHistogram);
  if (odd === undefined) return [];
  return [isHistogram ? 'a sample of a histogram has no suffix' : `a sample has the suffix ${odd.suffix}`];
}

/** The first sample with wrong labels and the first with a wrong value: one of each says it all. */
function sampleFaults(
  samples: readonly Sample[],
  expected: ReadonlySet<string>,
  type: FamilyDescriptor['type'],
): readonly string[] {
  const faults: string[] = [];
  const ofBuckets = new Set([...expected, 'le']);
  const expectedOf = ({ suffix }: Sample) => (suffix === '_bucket' ? ofBuckets : expected);
  const odd = samples.find((sample) => !hasExactly(sample.labels, expectedOf(sample)));
  if (odd !== undefined) {
    const wanted = [...expectedOf(odd)].join();
    faults.push(`a sample has the labels ${Object.keys(odd.labels).join()}, not ${wanted}`);
  }
  const counts = ({ suffix }: Sample) => type === 'counter' || suffix === '_bucket' || suffix === '_count';
  const wrong = samples.find(
    (sample) => !Number.isFinite(sample.value) || (counts(sample) && sample.value < 0),
  );
  if (wrong !== undefined) faults.push(`the value ${wrong.value} of ${seriesKey(wrong.labels)}`);
  return faults;
}

function hasExactly(labels: Labels, expected: ReadonlySet<string>): boolean {
  const names = Object.keys(labels);
  return names.length === expected.size && names.every((name) => expected.has(name));
}

function duplicates(samples: readonly Sample[]): readonly string[] {
  const seen = new Set<string>();
  for (const sample of samples) {
    const key = sampleKey(sample);
    if (seen.has(key)) return [`two samples have the labels ${seriesKey(sample.labels)}`];
    seen.add(key);
  }
  return [];
}
