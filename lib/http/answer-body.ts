import { promisify } from 'node:util';
import { brotliDecompress, constants, gunzip, inflate } from 'node:zlib';
import { NoAnswerError, UnexpectedBodyError } from './errors.ts';
import type { HttpRequest } from './send.ts';

const excerptBytes = 1024;
/** Enough for 1,024 bytes of text under any compression. */
const excerptWireBytes = 16 * 1024;

type Decode = (bytes: Uint8Array, maxBytes: number, allowCut: boolean) => Promise<Uint8Array>;

const inflating =
  (decode: (bytes: Uint8Array, options: object) => Promise<Uint8Array>, flush: number): Decode =>
  (bytes, maxOutputLength, allowCut) =>
    decode(bytes, allowCut ? { maxOutputLength, finishFlush: flush } : { maxOutputLength });

const gzip = inflating(promisify(gunzip), constants.Z_SYNC_FLUSH);
const decoders: ReadonlyMap<string, Decode> = new Map([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', inflating(promisify(inflate), constants.Z_SYNC_FLUSH)],
  ['br', inflating(promisify(brotliDecompress), constants.BROTLI_OPERATION_FLUSH)],
]);

/** The whole body as sent. Throws `NoAnswerError` `too-large` as soon as it passes `maxBytes`. */
export async function readWhole(
  request: HttpRequest,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(request, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Collects the start of a body in `chunks`, for as long as it comes; what has come stays there when it breaks. */
export async function readStart(body: AsyncIterable<Uint8Array>, chunks: Uint8Array[]): Promise<void> {
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length >= excerptWireBytes) return;
  }
}

/** The body without its Content-Encoding (RFC 9110 8.4). Throws when it is larger than `maxBytes` or damaged. */
export async function decodeBody(
  request: HttpRequest,
  bytes: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  const name = encodingName(encoding);
  if (name === undefined || bytes.byteLength === 0) return bytes;
  const decode = decoders.get(name);
  if (decode === undefined) throw new UnexpectedBodyError(request, `the answer is encoded as ${name}`);
  try {
    return await decode(bytes, maxBytes, false);
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(request, maxBytes);
    throw new UnexpectedBodyError(request, `the ${name} body of the answer is damaged or cut short`, {
      cause: error,
    });
  }
}

/**
 * The first 1,024 bytes of what has come of a body, as text; empty when they cannot be decoded. `shown` takes out
 * what may not be seen, before the cut: half a secret is not found any more.
 */
export async function excerptOf(
  chunks: readonly Uint8Array[],
  encoding: string | undefined,
  shown: (text: string) => string,
): Promise<string> {
  const bytes = Buffer.concat(chunks);
  const name = encodingName(encoding);
  const decode = name === undefined ? undefined : decoders.get(name);
  if (name !== undefined && decode === undefined) return '';
  const decoded =
    decode === undefined ? bytes : await decode(bytes, 1024 * 1024, true).catch(() => Buffer.of());
  return textOf(Buffer.from(shown(textOf(decoded.subarray(0, excerptWireBytes)))).subarray(0, excerptBytes));
}

/** `stream` leaves out a character that a cut has split. */
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes, { stream: true });

const encodingName = (encoding: string | undefined): string | undefined => {
  const name = encoding?.trim().toLowerCase();
  return name === undefined || name === '' || name === 'identity' ? undefined : name;
};

const tooLarge = (request: HttpRequest, maxBytes: number): NoAnswerError =>
  new NoAnswerError(request, {
    reason: 'too-large',
    what: `the body of the answer is larger than ${maxBytes} bytes`,
  });
