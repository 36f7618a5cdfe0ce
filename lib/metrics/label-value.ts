import { createHash } from 'node:crypto';

/** What Mimir, Grafana Cloud and the rest accept: `label_value_length_over_limit` starts after 2,048 bytes. */
export const maxLabelValueBytes = 2_048;

const hashDigits = 16;
const cutMark = '…#';
const keptBytes = maxLabelValueBytes - Buffer.byteLength(cutMark) - hashDigits;

/**
 * A label value as it leaves, whatever the sink: valid Unicode, and when longer than 2,048 UTF-8 bytes cut at a
 * character, with a hash of the whole value behind it, so that values that only differ after the cut stay apart
 * and one value is always cut the same way. A lone surrogate becomes U+FFFD, as in any UTF-8 encoder.
 */
export function wireLabelValue(value: string): string {
  const text = value.toWellFormed();
  // A UTF-16 code unit never takes more than three bytes.
  if (text.length * 3 <= maxLabelValueBytes || Buffer.byteLength(text) <= maxLabelValueBytes) return text;
  const bytes = Buffer.from(text);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, hashDigits);
  return `${bytes.toString('utf8', 0, characterStart(bytes, keptBytes))}${cutMark}${hash}`;
}

/** The last index at or before `index` where a UTF-8 character starts. */
function characterStart(bytes: Uint8Array, index: number): number {
  let start = index;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
