import { distance } from 'fastest-levenshtein';

/** The candidate with the fewest edits between, at most `maxEdits`, case apart; undefined when none is that near. */
export function nearest(
  name: string,
  candidates: readonly string[],
  maxEdits: (candidate: string) => number,
): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(name.toUpperCase(), candidate.toUpperCase()) }))
    .filter(({ candidate, edits }) => edits <= maxEdits(candidate))
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate;
}
