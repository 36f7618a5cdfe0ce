import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What stands between a function in a private subnet and the outside: it forgets connections that are idle. */
export interface Nat {
  /** `target` as it is reached through here. */
  readonly url: URL;
  /** Connections that both sides believe in. */
  open(): number;
  /**
   * Forgets every connection without telling anyone; the next byte of the inner side is answered with a reset.
   * Resolves with how many there were.
   */
  forget(): number;
  stop(): Promise<void>;
}

export async function startNat(target: URL): Promise<Nat> {
  const forgetters = new Set<() => void>();
  const inner = new Set<Socket>();
  const server = createServer((socket) => {
    inner.add(socket);
    const outside = connect(Number(target.port), target.hostname);
    const forget = () => {
      forgetters.delete(forget);
      outside.unpipe(socket).on('error', () => undefined);
      outside.destroy();
      socket.removeAllListeners('data').on('data', () => socket.resetAndDestroy());
    };
    forgetters.add(forget);
    socket.on('close', () => {
      inner.delete(socket);
      forgetters.delete(forget);
      outside.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => outside.write(chunk));
    outside.on('error', () => socket.destroy());
    outside.on('end', () => forgetters.has(forget) && socket.end());
    outside.pipe(socket, { end: false });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // A TCP server that listens has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const url = new URL(target);
  url.port = String(port);
  return {
    url,
    open: () => forgetters.size,
    forget: () => {
      const known = [...forgetters];
      for (const one of known) one();
      return known.length;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of inner) socket.destroy();
      }),
  };
}
