import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ProxiedRequest {
  readonly method: string;
  /** `host:port` for CONNECT, else the absolute URL. */
  readonly target: string;
  /** What the client showed the proxy. */
  readonly proxyAuthorization: string | undefined;
}

/** An HTTP proxy on 127.0.0.1: CONNECT, and absolute URLs. */
export interface ProxyServer {
  /** Without user and password. */
  readonly url: URL;
  readonly requests: readonly ProxiedRequest[];
  stop(): Promise<void>;
}

/** With `userColonPassword`, everyone else gets 407. */
export async function startProxy(options: { userColonPassword?: string } = {}): Promise<ProxyServer> {
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  const isAllowed = (message: IncomingMessage): boolean => {
    const proxyAuthorization = message.headers['proxy-authorization'];
    requests.push({ method: message.method ?? '', target: message.url ?? '', proxyAuthorization });
    return proxyAuthorization === expectedAuthorization(options.userColonPassword);
  };

  const server = createServer((message, response) => {
    if (isAllowed(message)) relay(message, response);
    else response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('Proxy Authentication Required');
  });
  server.on('connection', track);
  server.on('connect', (message: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    if (isAllowed(message)) track(tunnel(message.url ?? '', socket));
    else socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // A TCP server that listens has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const expectedAuthorization = (userColonPassword: string | undefined): string | undefined =>
  userColonPassword === undefined ? undefined : `Basic ${Buffer.from(userColonPassword).toString('base64')}`;

function tunnel(target: string, client: Socket): Socket {
  const { hostname, port } = new URL(`http://${target}`);
  const upstream = connect(Number(port || 80), hostname, () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
  return upstream;
}

function relay(message: IncomingMessage, response: ServerResponse): void {
  const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = message.headers;
  const upstream = forward(message.url ?? '', { method: message.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.writeHead(502).end());
  message.pipe(upstream);
}
