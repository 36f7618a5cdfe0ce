import fc from 'fast-check';
import { deserialize } from 'prometheus-remote-write';
import { describe, expect, it } from 'vitest';
import { decodeWriteRequest } from '../../doubles/receiver/decode.ts';
import { createRemoteWriteEncoder } from '../../lib/encode/remote-write-v1.ts';
import type { Family, Labels } from '../../lib/metrics/family.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { anyText, gauge, sample } from './families.ts';

const timestampMs = 1_790_000_040_000;

const encode = (families: readonly Family[], atMs = timestampMs) =>
  createRemoteWriteEncoder().encode(toSeriesSamples(families), atMs);

const decoded = (families: readonly Family[], atMs = timestampMs) =>
  decodeWriteRequest(encode(families, atMs));

const onlySeries = (families: readonly Family[], atMs = timestampMs) => {
  const all = decoded(families, atMs);
  expect(all).toHaveLength(1);
  return all[0] ?? { labels: [], samples: [] };
};

const sampleValueOf = (value: number) => onlySeries([gauge('m', [sample({}, value)])]).samples[0]?.value;
const labelValueOf = (value: string) =>
  onlySeries([gauge('m', [sample({ a: value })])]).labels.find(({ name }) => name === 'a')?.value;

/** Sentences of Remote-Write 1.0, prometheus.io/docs/specs/prw/remote_write_spec. */
describe('Remote-Write 1.0', () => {
  it('MUST send the complete set of labels with each sample', () => {
    const samples = [sample({ flow: 'a', job: 'j' }, 1), sample({ flow: 'b', job: 'j' }, 2)];
    expect(decoded([gauge('m', samples)])).toEqual([
      {
        labels: [
          { name: '__name__', value: 'm' },
          { name: 'flow', value: 'a' },
          { name: 'job', value: 'j' },
        ],
        samples: [{ value: 1, timestampMs }],
      },
      {
        labels: [
          { name: '__name__', value: 'm' },
          { name: 'flow', value: 'b' },
          { name: 'job', value: 'j' },
        ],
        samples: [{ value: 2, timestampMs }],
      },
    ]);
  });

  it('SHOULD contain a __name__ label', () => {
    expect(onlySeries([gauge('prefect_up', [sample({})])]).labels).toEqual([
      { name: '__name__', value: 'prefect_up' },
    ]);
  });

  it('MUST have label names sorted in lexicographical order', () => {
    const labels = { work_pool: '1', Zone: '2', work: '3', _a: '4', a1: '5', a: '6', __x: '7', A_b: '8' };
    const names = onlySeries([gauge('m', [sample(labels)])]).labels.map(({ name }) => name);
    expect(names).toEqual(['A_b', 'Zone', '__name__', '__x', '_a', 'a', 'a1', 'work', 'work_pool']);
  });

  it('MUST NOT contain any empty label values', () => {
    const labels = { deployment: '', flow: 'f', work_pool: '' };
    expect(onlySeries([gauge('m', [sample(labels)])]).labels.map(({ name }) => name)).toEqual([
      '__name__',
      'flow',
    ]);
  });

  it('MUST NOT contain any repeated label names', () => {
    expect(() => encode([gauge('m', [sample({ __name__: 'other' })])])).toThrow('m has a label __name__');
  });

  it('timestamps MUST be int64 counted as milliseconds since the Unix epoch', () => {
    for (const atMs of [
      0,
      1,
      127,
      128,
      timestampMs,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
      -1,
      -62_135_596_800_000,
    ]) {
      expect(onlySeries([gauge('m', [sample({})])], atMs).samples[0]?.timestampMs).toBe(atMs);
    }
    expect(() => encode([gauge('m', [sample({})])], 0.5)).toThrow(RangeError);
  });

  it('values MUST be float64', () => {
    const values = [0, 1, 0.1 + 0.2, -1.5, 2 ** 53 + 2, 5e-324, -1.797_693_134_862_315_7e308];
    for (const value of [...values, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
      expect(sampleValueOf(value)).toBe(value);
    }
  });

  it('−0 is 0, which a receiver must not take for another value', () => {
    expect(sampleValueOf(-0)).toBe(0);
  });

  it('a stale marker MUST have its bits, 0x7ff0000000000002', () => {
    const [one] = toSeriesSamples([gauge('m', [sample({})])]);
    if (one === undefined) throw new Error('no series');
    const bytes = createRemoteWriteEncoder().encode([{ ...one, value: 'stale' }], timestampMs);
    const number = createRemoteWriteEncoder().encode([{ ...one, value: 1 }], timestampMs);
    const at = Buffer.from(number).indexOf(Buffer.from('000000000000f03f', 'hex'));
    expect(Buffer.from(bytes).toString('hex', at, at + 8)).toBe('020000000000f07f');
    expect(bytes.byteLength).toBe(number.byteLength);
    expect(decodeWriteRequest(bytes)).toEqual([
      {
        labels: [{ name: '__name__', value: 'm' }],
        samples: [{ value: Number.NaN, stale: true, timestampMs }],
      },
    ]);
  });

  it('label values can be any sequence of UTF-8 characters', () => {
    for (const value of [
      'é',
      'Überweisung täglich',
      '日本語',
      '🚀 launch 👩‍👩‍👧',
      'a\nb\t"\\\u0000\u007f\u0080\u07ff\u0800\uffff',
    ]) {
      expect(labelValueOf(value)).toBe(value);
    }
  });

  it('a lone surrogate, which is no character, becomes U+FFFD', () => {
    expect(labelValueOf('a\ud800b')).toBe('a\ufffdb');
    expect(labelValueOf('\udc00\ud800')).toBe('\ufffd\ufffd');
  });

  it('nothing is an empty request', () => {
    expect(encode([])).toEqual(new Uint8Array(0));
    expect(encode([gauge('m', [])])).toEqual(new Uint8Array(0));
  });
});

const anyLabels: fc.Arbitrary<Labels> = fc.dictionary(
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,11}$/),
  // Over 127 bytes a length takes two bytes of varint.
  fc.oneof(anyText({ maxLength: 10 }), anyText({ minLength: 100, maxLength: 200 })),
  { maxKeys: 12 },
);
const anyFamilies = fc.array(
  fc
    .tuple(
      fc.stringMatching(/^[a-z][a-z0-9_:]{0,30}$/),
      fc.array(fc.record({ labels: anyLabels, value: fc.double() }), { maxLength: 8 }),
    )
    .map(([name, samples]) => gauge(name, samples)),
  { maxLength: 6 },
);

const byCodeUnit = ([a]: readonly [string, string], [b]: readonly [string, string]) => (a < b ? -1 : 1);

/** What must arrive, said without the code under test. */
const expected = (families: readonly Family[], atMs: number) =>
  families.flatMap(({ descriptor, samples }) =>
    samples.map(({ labels, value }) => ({
      labels: Object.entries({ ...labels, __name__: descriptor.name })
        .filter(([, text]) => text !== '')
        .sort(byCodeUnit)
        .map(([name, text]) => ({ name, value: text.toWellFormed() })),
      samples: [{ value: value + 0, timestampMs: atMs }],
    })),
  );

describe('whatever is encoded', () => {
  it('is what protobufjs decodes', () => {
    fc.assert(
      fc.property(anyFamilies, fc.integer({ min: 0, max: 8_640_000_000_000_000 }), (families, atMs) => {
        expect(decoded(families, atMs)).toEqual(expected(families, atMs));
      }),
    );
  });

  it('is what prometheus-remote-write decodes', async () => {
    await fc.assert(
      fc.asyncProperty(anyFamilies, async (families) => {
        const message = JSON.parse(JSON.stringify(await deserialize(bytesOf(encode(families)))));
        const plain = expected(families, timestampMs).map(({ labels, samples }) => ({
          labels,
          // JSON, which protobufjs' messages go through here, has strings for int64 and for what is not finite.
          samples: samples.map(({ value }) => ({
            value: Number.isFinite(value) ? value : String(value),
            timestamp: String(timestampMs),
          })),
        }));
        expect(message.timeseries ?? []).toEqual(JSON.parse(JSON.stringify(plain)));
      }),
    );
  });

  it('is the same whatever the encoder encoded before', () => {
    fc.assert(
      fc.property(anyFamilies, anyFamilies, (before, families) => {
        const encoder = createRemoteWriteEncoder();
        encoder.encode(toSeriesSamples(before), 1);
        expect(Buffer.compare(encoder.encode(toSeriesSamples(families), timestampMs), encode(families))).toBe(
          0,
        );
      }),
    );
  });
});

/** Its types say ArrayBuffer; its decoder (protobufjs) wants what it is given at run time, bytes. */
const bytesOf = (bytes: Uint8Array) => bytes as unknown as ArrayBuffer;
