import { describe, expect, it } from 'vitest';
import { parseText } from '../../doubles/pushgateway/text-format.ts';
import { encodeText } from '../../lib/encode/text.ts';
import { descriptionsOf } from '../../lib/metrics/description.ts';
import type { Family } from '../../lib/metrics/family.ts';
import type { SeriesSample } from '../../lib/metrics/series.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { gauge, histogram, sample } from './families.ts';

/** Families as series, each with the HELP and TYPE of its own. */
const encode = (families: readonly Family[], without?: ReadonlySet<string>) =>
  encodeText(toSeriesSamples(families), descriptionsOf(families), without);

describe('encodeText', () => {
  it('writes HELP, TYPE and samples, families by name, labels by name, samples by labels', async () => {
    const text = await encode([
      gauge('prefect_up', [sample({ workspace: 'w', job: 'j' }, 1)]),
      gauge(
        'prefect_api_requests_total',
        [sample({ endpoint: 'flows', code: '200' }, 12), sample({ endpoint: 'deployments', code: '500' }, 0)],
        { type: 'counter' },
      ),
    ]);
    expect(text).toBe(
      [
        '# HELP prefect_api_requests_total Help of prefect_api_requests_total.',
        '# TYPE prefect_api_requests_total counter',
        'prefect_api_requests_total{code="200",endpoint="flows"} 12',
        'prefect_api_requests_total{code="500",endpoint="deployments"} 0',
        '',
        '# HELP prefect_up Help of prefect_up.',
        '# TYPE prefect_up gauge',
        'prefect_up{job="j",workspace="w"} 1',
        '',
      ].join('\n'),
    );
  });

  it('does not depend on the order of families, samples and labels', async () => {
    const a = [
      gauge('a', [sample({ x: '1', y: '2' }), sample({ x: '2', y: '1' })]),
      gauge('b', [sample({})]),
    ];
    const b = [
      gauge('b', [sample({})]),
      gauge('a', [sample({ y: '1', x: '2' }), sample({ y: '2', x: '1' })]),
    ];
    expect(await encode(b)).toBe(await encode(a));
  });

  it('writes one block for a family that comes in parts', async () => {
    const text = await encode([gauge('a', [sample({ x: '1' })]), gauge('a', [sample({ x: '2' })])]);
    expect(text.match(/# TYPE a gauge/g)).toHaveLength(1);
    expect(text.match(/^a\{/gm)).toHaveLength(2);
  });

  it('escapes backslash, quote and line feed in label values, backslash and line feed in HELP', async () => {
    const text = await encode([
      gauge('m', [sample({ a: 'c:\\x "y"\nz' })], { help: 'One\\two\nthree "q".' }),
    ]);
    expect(text).toContain('# HELP m One\\\\two\\nthree "q".\n');
    expect(text).toContain('m{a="c:\\\\x \\"y\\"\\nz"} 1\n');
  });

  it('keeps apart what prom-client would count as one series', async () => {
    const text = await encode([gauge('m', [sample({ a: 'x,b:y' }, 1), sample({ a: 'x', b: 'y' }, 2)])]);
    expect(text).toContain('m{a="x,b:y"} 1\n');
    expect(text).toContain('m{a="x",b="y"} 2\n');
  });

  it('writes numbers a parser reads back', async () => {
    const values = [
      0,
      0.1,
      -1.5,
      1e21,
      5e-324,
      1_790_000_040_000,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    for (const value of values) {
      const text = await encode([gauge('m', [sample({}, value)])]);
      const written = text.match(/^m (.*)$/m)?.[1] ?? '';
      expect(Number(written.replace('Inf', 'Infinity'))).toBe(value);
    }
  });

  it('never writes a timestamp', async () => {
    expect(await encode([gauge('m', [sample({ a: 'b' }, 7)])])).toMatch(/^m\{a="b"\} 7$/m);
  });

  it('leaves out families without samples: nobody measured the 0', async () => {
    expect(await encode([gauge('m', [])])).toBe('');
    expect(await encode([])).toBe('');
  });

  it('leaves out labels that the caller carries elsewhere', async () => {
    const families = [gauge('m', [sample({ job: 'j', flow: 'f' })])];
    expect(await encode(families, new Set(['job']))).toContain('m{flow="f"} 1\n');
  });

  it('refuses two samples of one series, also when leaving out a label makes them one', async () => {
    const families = [gauge('m', [sample({ flow: 'a' }), sample({ flow: 'b' })])];
    await expect(encode(families, new Set(['flow']))).rejects.toThrow('m has two samples with the labels []');
    await expect(encode([gauge('m', [sample({}), sample({})])])).rejects.toThrow(TypeError);
  });

  it('cuts long label values as remote write does', async () => {
    expect(await encode([gauge('m', [sample({ a: 'x'.repeat(5_000) })])])).toMatch(/"x{2028}…#[0-9a-f]{16}"/);
  });

  it('writes a histogram by label set: buckets by their bound, the sum, the count', async () => {
    const counts = [0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 3];
    const text = await encode([
      histogram('h_seconds', { flow: 'b' }, [1, 2]),
      histogram('h_seconds', { flow: 'a', work_pool: 'p' }, counts),
    ]);
    const bounds = ['1.0', '2.0', '3.0', '4.0', '5.0', '6.0', '7.0', '8.0', '9.0', '10.0', '+Inf'];
    expect(text).toBe(
      [
        '# HELP h_seconds Help of h_seconds.',
        '# TYPE h_seconds histogram',
        ...bounds.map((le, index) => `h_seconds_bucket{flow="a",le="${le}",work_pool="p"} ${counts[index]}`),
        'h_seconds_sum{flow="a",work_pool="p"} 4.5',
        'h_seconds_count{flow="a",work_pool="p"} 3',
        'h_seconds_bucket{flow="b",le="1.0"} 1',
        'h_seconds_bucket{flow="b",le="+Inf"} 2',
        'h_seconds_sum{flow="b"} 3',
        'h_seconds_count{flow="b"} 2',
        '',
      ].join('\n'),
    );
  });

  it('leaves out what is stale, and the family with the last of it', async () => {
    const samples = toSeriesSamples([gauge('m', [sample({ x: '1' }), sample({ x: '2' })])]);
    const stale = (all: readonly SeriesSample[]) => all.map((one) => ({ ...one, value: 'stale' as const }));
    const [first = [], second = []] = [samples.slice(0, 1), samples.slice(1)];
    const text = await encodeText([...stale(first), ...second], () => undefined);
    expect(text.match(/^m.*/gm)).toEqual(['m{x="2"} 1']);
    expect(await encodeText(stale(samples), () => undefined)).toBe('');
  });

  it('what is not described is untyped, each name for itself', async () => {
    const samples = toSeriesSamples([
      gauge('a', [sample({}, 5)]),
      histogram('h', { flow: 'a' }, [1, 2]),
      gauge('z', [sample({}, 6)]),
    ]);
    const described = { help: 'Z.', type: 'gauge' } as const;
    const text = await encodeText(samples, (name) => (name === 'z' ? described : undefined));
    const families = parseText(text).map(({ name, type, samples: all }) => [name, type, all.length]);
    expect(families).toEqual([
      ['a', 'untyped', 1],
      ['h_bucket', 'untyped', 2],
      ['h_count', 'untyped', 1],
      ['h_sum', 'untyped', 1],
      ['z', 'gauge', 1],
    ]);
  });

  it('neither is a histogram that is described as something else by now', async () => {
    const samples = toSeriesSamples([histogram('h', {}, [1])]);
    const text = await encodeText(samples, (name) =>
      name === 'h' ? { help: 'H.', type: 'gauge' } : undefined,
    );
    expect(text.match(/^# TYPE.*/gm)).toEqual(
      ['h_bucket', 'h_count', 'h_sum'].map((name) => `# TYPE ${name} untyped`),
    );
  });

  it('keeps a registry for itself', async () => {
    const families = [gauge('m', [sample({})])];
    expect(await encode(families)).toBe(await encode(families));
  });
});
