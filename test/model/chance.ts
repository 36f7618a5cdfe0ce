/** A number in [0, 1) that is the same for the same words: what a schedule does not spell out. */
export function chance(...words: readonly (string | number)[]): number {
  let hash = 2166136261;
  const text = words.join('|');
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
