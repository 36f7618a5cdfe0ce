/** The server cannot answer what is asked of it; the message says since when servers can. */
export class ServerTooOldError extends Error {
  override readonly name = 'ServerTooOldError';
}
