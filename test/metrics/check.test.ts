import { describe, expect, it } from 'vitest';
import { type AddedLabels, checkFamilies } from '../../lib/metrics/check.ts';
import type { Family, FamilyDescriptor, Labels } from '../../lib/metrics/family.ts';
import { withLabels } from '../../lib/metrics/labels.ts';

const added: AddedLabels = { tags: ['team'], common: ['job', 'workspace'] };

const descriptor = (fields: Partial<FamilyDescriptor> = {}): FamilyDescriptor => ({
  name: 'prefect_things',
  help: 'Things.',
  type: 'gauge',
  labels: ['flow', 'deployment'],
  ...fields,
});

const common = { job: 'j', workspace: 'w' };
const labels = { flow: 'etl', deployment: 'hourly', ...common };

const family = (fields: Partial<FamilyDescriptor> = {}, own: Labels = labels, value = 1): Family => ({
  descriptor: descriptor(fields),
  samples: [{ labels: own, value }],
});

const faults = (...families: readonly Family[]) =>
  checkFamilies(families, added)
    .problems.map(({ message }) => message)
    .join('\n');

describe('checkFamilies', () => {
  it('lets a good family through as it is', () => {
    const good = family();
    expect(checkFamilies([good], added)).toEqual({ families: [good], problems: [] });
  });

  it('leaves out families without samples and says nothing', () => {
    const empty = { descriptor: descriptor(), samples: [] };
    expect(checkFamilies([empty], added)).toEqual({ families: [], problems: [] });
  });

  it('a bad family costs only itself', () => {
    const good = family({ name: 'prefect_good' });
    const { families, problems } = checkFamilies([family({}, labels, Number.NaN), good], added);
    expect(families).toEqual([good]);
    expect(problems).toMatchObject([{ slug: 'invalid-family' }]);
    expect(problems[0]?.message).toContain('prefect_things was left out: the value NaN');
  });

  it.each([
    ['prefect:things', 'is not'],
    ['1prefect', 'is not'],
    ['__prefect', 'reserved'],
    [`prefect_${'x'.repeat(1_024)}`, 'longer than'],
    ['things', 'not prefect_'],
    ['prefect_Things', 'not prefect_'],
    ['prefect_things_total', '_total is for counters'],
    ['prefect_things_minutes', 'base unit'],
    ['prefect_duration_ms', 'base unit'],
    ['prefect_hours_open', 'base unit'],
    ['prefect_things_count', 'histograms'],
  ])('refuses the name %s', (name, message) => {
    expect(faults(family({ name }))).toContain(message);
  });

  it.each(['prefect_flows', 'prefect_last_seconds', 'prefect_msgs_used', 'prefect_accounts'])(
    'takes the name %s',
    (name) => {
      expect(faults(family({ name }))).toBe('');
    },
  );

  it('a counter ends in _total and is not negative', () => {
    expect(faults(family({ type: 'counter' }))).toContain('_total');
    expect(faults(family({ type: 'counter', name: 'prefect_x_total' }))).toBe('');
    expect(faults(family({ type: 'counter', name: 'prefect_x_total' }, labels, -1))).toContain(
      'the value -1',
    );
    expect(faults(family({}, labels, -1))).toBe('');
  });

  it('kept names may break the conventions but not the format', () => {
    expect(faults(family({ name: 'prefect_flow_runs_total', keptName: true }))).toBe('');
    expect(faults(family({ name: 'prefect flow', keptName: true }))).toContain('is not');
  });

  it.each([
    [{ labels: ['flow', '__deployment'] }, 'reserved'],
    [{ labels: ['flow', 'work-pool'] }, 'is not'],
    [{ labels: ['flow', 'flow'] }, 'twice'],
    [{ labels: ['flow', 'le'] }, 'le belongs'],
    [{ labels: ['flow', 'job'] }, 'two sides'],
    [{ labels: ['flow'], tagged: true }, 'no label deployment'],
    [{ help: ' ' }, 'no help'],
  ])('refuses the descriptor %j', (fields, message) => {
    expect(faults(family(fields))).toContain(message);
  });

  it('samples have exactly the labels of the descriptor, of the tags where tagged, and the common ones', () => {
    const tagged = { ...labels, team: '' };
    expect(faults(family({ tagged: true }, tagged))).toBe('');
    expect(faults(family({ tagged: true }, labels))).toContain('a sample has the labels');
    expect(faults(family({}, tagged))).toContain('a sample has the labels');
    expect(faults(family({}, { flow: 'etl', ...common }))).toContain('a sample has the labels');
    expect(faults(family({}, { flow: 'etl', deployment: '', ...common }))).toBe('');
  });

  it('30 labels with the name are allowed', () => {
    const many = (n: number) => {
      const names = Array.from({ length: n }, (_, index) => `label_${index}`);
      const values = Object.fromEntries(names.map((name) => [name, 'x']));
      return family({ labels: names }, { ...values, ...common });
    };
    expect(faults(many(27))).toBe('');
    expect(faults(many(28))).toContain('31 labels of 30');
  });

  it.each([
    [{ flow: 'etl' }, { flow: 'etl' }],
    [{ flow: 'a\ud800' }, { flow: 'a\udbff' }],
  ])('refuses two samples that are one series: %j and %j', (one, other) => {
    const twice: Family = {
      descriptor: descriptor(),
      samples: [one, other].map((own) => ({ labels: { ...labels, ...own }, value: 1 })),
    };
    expect(faults(twice)).toContain('two samples have the labels');
  });

  it('an infinite value is refused', () => {
    expect(faults(family({}, labels, Number.POSITIVE_INFINITY))).toContain('the value Infinity');
  });

  it('of two families with one name the first stays, also where it is bad', () => {
    const second = family({}, { ...labels, flow: 'other' });
    expect(checkFamilies([family(), second], added).families).toEqual([family()]);
    expect(checkFamilies([family({}, labels, Number.NaN), second], added).families).toEqual([]);
    expect(faults(family(), second)).toContain('two families have series with the name prefect_things');
  });
});

describe('common labels', () => {
  it('are put on every sample and replace none', () => {
    const [first] = withLabels([family({}, { flow: 'etl', deployment: '', job: 'own' })], common);
    expect(first?.samples[0]?.labels).toEqual({ job: 'own', workspace: 'w', flow: 'etl', deployment: '' });
  });
});
