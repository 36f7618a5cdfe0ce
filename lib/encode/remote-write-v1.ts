import type { Series, SeriesSample, SeriesValue } from '../metrics/series.ts';
import { createLabelTable } from './label-table.ts';
import { int64Varint, putVarint, varintLength } from './varint.ts';

/**
 * Remote-Write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec), before compression:
 *
 *     message WriteRequest { repeated TimeSeries timeseries = 1; }
 *     message TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; }
 *     message Label        { string name = 1; string value = 2; }
 *     message Sample       { double value = 1; int64 timestamp = 2; }   // ms since the Unix epoch
 *
 * Every series has one sample, all at the same instant: only then is a request that is sent twice harmless at
 * every receiver. The bytes are those protobufjs writes, except that a value of 0 is spelled out. −0 is 0: to a
 * receiver that compares bits they would be two values for one instant.
 */
export interface RemoteWriteEncoder {
  encode(samples: readonly SeriesSample[], timestampMs: number): Uint8Array;
}

const timeSeriesTag = 0x0a;
const labelTag = 0x0a;
const sampleTag = 0x12;
const valueTag = 0x09;
const timestampTag = 0x10;

/** An encoder for one push: it keeps the bytes of every label pair it has seen. */
export function createRemoteWriteEncoder(): RemoteWriteEncoder {
  const table = createLabelTable();

  const idsOf = ({ names, values }: Series): number[] =>
    names.map((name, index) => table.id(name, values[index] ?? ''));

  const labelsLength = (ids: readonly number[]): number => {
    let total = 0;
    for (const id of ids) total += delimitedLength(table.byteLength(id));
    return total;
  };

  const putLabels = (target: Uint8Array, at: number, ids: readonly number[]): number => {
    let position = at;
    for (const id of ids) {
      target[position] = labelTag;
      position = putVarint(target, position + 1, table.byteLength(id));
      position = table.copy(id, target, position);
    }
    return position;
  };

  return {
    encode(samples, timestampMs) {
      const putSample = samplesAt(timestampMs);
      const measured = samples.map(({ series, value }) => {
        const ids = idsOf(series);
        return { ids, length: labelsLength(ids) + putSample.byteLength, value };
      });
      const target = new Uint8Array(measured.reduce((sum, { length }) => sum + delimitedLength(length), 0));
      const view = new DataView(target.buffer);
      let position = 0;
      for (const { ids, length, value } of measured) {
        target[position] = timeSeriesTag;
        position = putVarint(target, position + 1, length);
        position = putLabels(target, position, ids);
        position = putSample(view, target, position, value);
      }
      return target;
    },
  };
}

type PutSample = ((view: DataView, target: Uint8Array, at: number, value: SeriesValue) => number) & {
  readonly byteLength: number;
};

/** Writes samples of one instant, each with its tag and length. */
function samplesAt(timestampMs: number): PutSample {
  const timestamp = int64Varint(timestampMs);
  const sampleLength = 1 + 8 + 1 + timestamp.length;
  const put = (view: DataView, target: Uint8Array, at: number, value: SeriesValue): number => {
    target[at] = sampleTag;
    target[at + 1] = sampleLength;
    target[at + 2] = valueTag;
    putValue(view, at + 3, value);
    target[at + 11] = timestampTag;
    target.set(timestamp, at + 12);
    return at + 12 + timestamp.length;
  };
  return Object.assign(put, { byteLength: delimitedLength(sampleLength) });
}

function putValue(view: DataView, at: number, value: SeriesValue): void {
  if (value !== 'stale') {
    view.setFloat64(at, value + 0, true);
    return;
  }
  // The stale marker is the NaN 0x7ff0000000000002. As a JavaScript number it may lose its bits on the way.
  view.setUint32(at, 2, true);
  view.setUint32(at + 4, 0x7ff0_0000, true);
}

/** A tag of one byte, the length, and that many bytes. */
const delimitedLength = (length: number): number => 1 + varintLength(length) + length;
