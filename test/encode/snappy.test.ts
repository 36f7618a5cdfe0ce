import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompressSnappy } from '../../doubles/receiver/decode.ts';
import { compressSnappy } from '../../lib/encode/snappy.ts';

describe('compressSnappy', () => {
  it('is undone by the native library, whatever the bytes', () => {
    const repetitive = fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 4_000 }))
      .map(([unit, times]) =>
        Uint8Array.from({ length: unit.length * times }, (_, i) => unit[i % unit.length] ?? 0),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 5_000, size: 'max' }), repetitive), (raw) => {
        expect(Buffer.compare(decompressSnappy(compressSnappy(raw)), raw)).toBe(0);
      }),
    );
  });

  it('compresses several blocks of 64 KiB', () => {
    const raw = Buffer.from('prefect_flow_runs_open{flow="etl"}'.repeat(20_000));
    const compressed = compressSnappy(raw);
    expect(compressed.byteLength).toBeLessThan(raw.byteLength / 15);
    expect(Buffer.compare(decompressSnappy(compressed), raw)).toBe(0);
  });

  it('keeps no larger buffer alive than its own', () => {
    const compressed = compressSnappy(Buffer.from('a'.repeat(100_000)));
    expect(compressed.buffer.byteLength).toBe(compressed.byteLength);
  });
});
