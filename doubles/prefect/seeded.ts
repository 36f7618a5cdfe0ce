/** Chance that repeats: the same seed gives the same numbers and ids. */
export interface SeededChance {
  /** A number in [0, 1). */
  random(): number;
  /** A whole number in [low, high]. */
  between(low: number, high: number): number;
  /** An id of the shape of a random UUID (version 4). */
  uuid(): string;
}

export function seededChance(seed: number): SeededChance {
  let state = seed >>> 0;
  // mulberry32
  const word = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const hex = (bits: number) => bits.toString(16).padStart(8, '0');
  const random = () => word() / 2 ** 32;
  return {
    random,
    between: (low, high) => low + Math.floor(random() * (high - low + 1)),
    uuid: () => {
      const digits = hex(word()) + hex(word()) + hex(word()) + hex(word());
      const variant = '89ab'.charAt(word() % 4);
      return [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        `${variant}${digits.slice(17, 20)}`,
        digits.slice(20, 32),
      ].join('-');
    },
  };
}
