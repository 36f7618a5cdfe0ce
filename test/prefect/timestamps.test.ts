import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareTimestamps,
  fromMicroseconds,
  fromMilliseconds,
  microseconds,
  TimestampError,
  toMicroseconds,
  toSeconds,
} from '../../lib/prefect/timestamps.ts';

const year9999Us = 253_402_300_799_999_999n;
const year0001Us = -62_135_596_800_000_000n;
const instantUs = fc.bigInt({ min: year0001Us, max: year9999Us });

/** The instant with exactly `digits` fractional digits, or as few as it needs. */
function write(us: bigint, digits?: number): string {
  const fractionUs = ((us % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((us - fractionUs) / 1000n)).toISOString().slice(0, 19);
  const all = fractionUs.toString().padStart(6, '0');
  const fraction = digits === undefined ? all.replace(/0+$/, '') : all.slice(0, digits);
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`;
}

describe('toMicroseconds', () => {
  it('keeps every microsecond of every year', () => {
    fc.assert(fc.property(instantUs, (us) => toMicroseconds(write(us)) === us));
  });

  it('reads any number of fractional digits up to six', () => {
    fc.assert(
      fc.property(instantUs, fc.integer({ min: 0, max: 6 }), (us, digits) => {
        const step = 10n ** BigInt(6 - digits);
        const cut = us - (((us % step) + step) % step);
        expect(toMicroseconds(write(cut, digits))).toBe(cut);
      }),
    );
  });

  it('is the same instant with an offset', () => {
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    const later = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n });
    fc.assert(
      fc.property(later, offset, (us, minutes) => {
        const local = write(us + BigInt(minutes) * 60_000_000n).slice(0, -1);
        const size = Math.abs(minutes);
        const two = (value: number) => String(value).padStart(2, '0');
        const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        expect(toMicroseconds(local + zone)).toBe(us);
      }),
    );
  });

  it.each([
    '',
    'yesterday',
    '2026-11-20',
    '2026-11-20 09:52:43Z',
    '2026-11-20T09:52:43',
    '2026-11-20T09:52:43.Z',
    '2026-11-20T09:52:43.1234567Z',
    '2026-13-20T09:52:43Z',
    '2026-00-20T09:52:43Z',
    '2026-02-29T09:52:43Z',
    '2026-04-31T09:52:43Z',
    '2026-04-00T09:52:43Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T09:60:00Z',
    '2026-11-20T09:52:60Z',
    '2026-11-20T09:52:43+24:00',
    '2026-11-20T09:52:43+01:60',
    '2026-11-20T09:52:43Z\n',
  ])('refuses %j and names it', (raw) => {
    expect(() => toMicroseconds(raw)).toThrow(TimestampError);
    expect(() => toMicroseconds(raw)).toThrow(JSON.stringify(raw));
  });

  it('shows only the start of a long value', () => {
    expect(() => toMicroseconds('x'.repeat(1000))).toThrow(/^"x{60}" is not/);
  });
});

describe('toSeconds', () => {
  it('keeps the microseconds', () => {
    expect(toSeconds('2026-11-20T09:52:43.863959Z')).toBe(1795168363.863959);
    expect(toSeconds('2026-11-20T09:52:43Z')).toBe(1795168363);
    expect(toSeconds('1969-12-31T23:59:59.5Z')).toBe(-0.5);
  });
});

describe('compareTimestamps', () => {
  it('orders instants, not strings', () => {
    expect(compareTimestamps('2026-11-20T09:52:43Z', '2026-11-20T09:52:43.5Z')).toBe(-1);
    expect(compareTimestamps('2026-11-20T09:52:43.5Z', '2026-11-20T10:52:43.500000+01:00')).toBe(0);
    fc.assert(
      fc.property(instantUs, instantUs, (a, b) => {
        expect(compareTimestamps(write(a), write(b))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it('tells instants one microsecond apart', () => {
    expect(compareTimestamps('2026-11-20T09:52:43.000001Z', '2026-11-20T09:52:43.000002Z')).toBe(-1);
  });
});

describe('fromMilliseconds', () => {
  it('comes back as the same instant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
        expect(toMicroseconds(fromMilliseconds(ms))).toBe(BigInt(ms) * 1000n);
      }),
    );
  });
});

describe('microseconds', () => {
  it('comes back as the same instant from what is sent', () => {
    const year2255Us = 9_000_000_000_000_000;
    fc.assert(
      fc.property(fc.integer({ min: -year2255Us, max: year2255Us }), (us) => {
        expect(microseconds(fromMicroseconds(us))).toBe(us);
        expect(fromMicroseconds(us)).toMatch(/\.\d{6}Z$/);
      }),
    );
    expect(fromMicroseconds(1_795_168_363_000_001)).toBe('2026-11-20T09:52:43.000001Z');
    expect(fromMicroseconds(-1)).toBe('1969-12-31T23:59:59.999999Z');
  });
});
