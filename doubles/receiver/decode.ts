import protobuf from 'protobufjs';
import { uncompressSync } from 'snappy';

/** A request of Remote-Write 1.0 as the receiver sees it: nothing sorted, merged or left out. */
export interface DecodedSeries {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples: readonly DecodedSample[];
}

export interface DecodedSample {
  readonly value: number;
  /** The value is NaN with the bits of a stale marker. */
  readonly stale?: true;
  readonly timestampMs: number;
}

// The message of the specification. Read by protobufjs and snappy's own library: neither shares code with lib/.
// A value is a double there. It is read as the fixed64 that looks the same on the wire: a JavaScript number may lose
// the bits that tell a stale marker from other NaNs.
const schema = `
  syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
  message Label { string name = 1; string value = 2; }
  message Sample { fixed64 value = 1; int64 timestamp = 2; }
`;
const writeRequest = protobuf.parse(schema).root.lookupType('WriteRequest');

/** As protobufjs has them: the halves are int32. */
interface Int64 {
  readonly low: number;
  readonly high: number;
}

interface PlainRequest {
  readonly timeseries: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[];
    readonly samples: readonly { readonly value: Int64; readonly timestamp: Int64 }[];
  }[];
}

/** Throws when the bytes are not a `WriteRequest`. */
export function decodeWriteRequest(raw: Uint8Array): DecodedSeries[] {
  const message = writeRequest.decode(raw);
  // The options give every field of the schema, 64 bits as a Long: that is what PlainRequest spells out.
  const plain = writeRequest.toObject(message, { defaults: true, arrays: true }) as PlainRequest;
  return plain.timeseries.map(({ labels, samples }) => ({
    labels,
    samples: samples.map(({ value, timestamp }) => ({
      ...decodeValue(value),
      timestampMs: asNumber(timestamp),
    })),
  }));
}

const asNumber = ({ low, high }: Int64): number => high * 2 ** 32 + (low >>> 0);

const bits = new DataView(new ArrayBuffer(8));

function decodeValue({ low, high }: Int64): Pick<DecodedSample, 'value' | 'stale'> {
  if (low === 2 && high === 0x7ff0_0000) return { value: Number.NaN, stale: true };
  bits.setInt32(0, high);
  bits.setInt32(4, low);
  return { value: bits.getFloat64(0) };
}

/** Undoes the snappy block format; throws when the bytes are not it. */
export function decompressSnappy(body: Uint8Array): Buffer {
  const raw = uncompressSync(Buffer.from(body));
  return typeof raw === 'string' ? Buffer.from(raw) : raw;
}
