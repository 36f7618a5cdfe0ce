import { compress } from 'snappyjs';

/**
 * The snappy block format (not the framed one), which Remote-Write 1.0 demands.
 *
 * snappyjs and not the native `snappy`: one bundle serves every Lambda architecture, nothing is loaded at a cold
 * start, and compressing a tick takes tens of milliseconds either way. The native one also releases its buffers
 * late, hundreds of megabytes in a loop. Only the compressor is used; the decompressor of snappyjs rejects some
 * valid streams.
 */
export function compressSnappy(raw: Uint8Array): Uint8Array {
  // Given a Buffer, snappyjs answers with a view that keeps its whole work area alive; given a Uint8Array, a copy.
  return compress(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength));
}
