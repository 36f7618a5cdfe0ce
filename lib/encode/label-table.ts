import { putVarint } from './varint.ts';

/**
 * Encoded `Label` messages (`{ string name = 1; string value = 2; }`), each pair once. The same few hundred pairs
 * are on thousands of series: they are encoded once a tick and copied from then on.
 */
export interface LabelTable {
  /** The number of this pair; encodes it when it is new. */
  id(name: string, value: string): number;
  /** Bytes of the message. */
  byteLength(id: number): number;
  /** Copies the message; returns the position behind it. */
  copy(id: number, target: Uint8Array, at: number): number;
}

const nameTag = 0x0a;
const valueTag = 0x12;

export function createLabelTable(): LabelTable {
  const ids = new Map<string, Map<string, number>>();
  /** Message `id` is from `ends[id]` to `ends[id + 1]`. */
  const ends = [0];
  let bytes = Buffer.allocUnsafe(32 * 1_024);

  const add = (name: string, value: string): number => {
    const start = ends.at(-1) ?? 0;
    bytes = withRoom(bytes, start, longestLabel(name, value));
    bytes[start] = nameTag;
    const middle = putString(bytes, start + 1, name);
    bytes[middle] = valueTag;
    ends.push(putString(bytes, middle + 1, value));
    return ends.length - 2;
  };

  return {
    id(name, value) {
      const ofName = ids.get(name);
      const known = ofName?.get(value);
      if (known !== undefined) return known;
      const id = add(name, value);
      if (ofName === undefined) ids.set(name, new Map([[value, id]]));
      else ofName.set(value, id);
      return id;
    },
    byteLength: (id) => (ends[id + 1] ?? 0) - (ends[id] ?? 0),
    copy(id, target, at) {
      const end = ends[id + 1] ?? 0;
      let position = at;
      // A loop beats `set(subarray())` for messages of some thirty bytes.
      for (let from = ends[id] ?? 0; from < end; from++) target[position++] = bytes[from] ?? 0;
      return position;
    },
  };
}

/** An upper bound: two tags, two lengths of at most five bytes, three bytes for each UTF-16 code unit. */
const longestLabel = (name: string, value: string): number => 12 + 3 * (name.length + value.length);

function withRoom(bytes: Buffer<ArrayBuffer>, used: number, more: number): Buffer<ArrayBuffer> {
  if (used + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, used + more));
  bytes.copy(larger, 0, 0, used);
  return larger;
}

/** A length and UTF-8; returns the position behind it. Lone surrogates become U+FFFD. */
function putString(target: Buffer, at: number, text: string): number {
  const { length } = text;
  const start = putVarint(target, at, length);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return putUtf8(target, at, text);
    target[start + index] = code;
  }
  return start + length;
}

function putUtf8(target: Buffer, at: number, text: string): number {
  const start = putVarint(target, at, Buffer.byteLength(text));
  return start + target.write(text, start, 'utf8');
}
