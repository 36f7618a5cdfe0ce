import protobuf from 'protobufjs';
import { uncompressSync } from 'snappy';

/** A request of Remote-Write 1.0 as the receiver sees it: nothing sorted, merged or left out. */
export interface DecodedSeries {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples: readonly { readonly value: number; readonly timestampMs: number }[];
}

// The message of the specification. Read by protobufjs and snappy's own library: neither shares code with lib/.
const schema = `
  syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
`;
const writeRequest = protobuf.parse(schema).root.lookupType('WriteRequest');

interface PlainRequest {
  readonly timeseries: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[];
    readonly samples: readonly { readonly value: number; readonly timestamp: number }[];
  }[];
}

/** Throws when the bytes are not a `WriteRequest`. */
export function decodeWriteRequest(raw: Uint8Array): DecodedSeries[] {
  const message = writeRequest.decode(raw);
  // The options give every field of the schema, int64 as a number: that is what PlainRequest spells out.
  const plain = writeRequest.toObject(message, {
    longs: Number,
    defaults: true,
    arrays: true,
  }) as PlainRequest;
  return plain.timeseries.map(({ labels, samples }) => ({
    labels,
    samples: samples.map(({ value, timestamp }) => ({ value, timestampMs: timestamp })),
  }));
}

/** Undoes the snappy block format; throws when the bytes are not it. */
export function decompressSnappy(body: Uint8Array): Buffer {
  const raw = uncompressSync(Buffer.from(body));
  return typeof raw === 'string' ? Buffer.from(raw) : raw;
}
