import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CutLine {
  /** The target's address, on this line's port. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Forwards bytes to a local server, but not what holds this text; `cut` is called before it would first pass. */
export async function startCutLine(target: string, text: string, cut: () => void): Promise<CutLine> {
  const { port } = new URL(target);
  const open = new Set<Socket>();
  let isCut = false;
  const cutOnce = () => {
    if (!isCut) cut();
    isCut = true;
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      // The other side ended: said by the other socket, which is destroyed with it.
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (bytes.includes(text)) cutOnce();
      else upstream.write(bytes);
    });
    upstream.pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has an AddressInfo.
  const own = (server.address() as AddressInfo).port;
  return {
    url: target.replace(`:${port}`, `:${own}`),
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
