import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Feed } from './feed.ts';
import { listen } from './listen.ts';
import type { PageFile } from './page-files.ts';

export interface PageServer {
  readonly url: URL;
  stop(): Promise<void>;
}

export interface PageServerOptions {
  readonly files: ReadonlyMap<string, PageFile>;
  /** Undefined prefers `preferredPort` and takes a free one when that is in use. */
  readonly port: number | undefined;
  feed(afterMs: number): Feed;
}

const preferredPort = 8222;

const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Serves the page on 127.0.0.1. Rejects when the port that was asked for is in use. */
export async function startPageServer({ files, port, feed }: PageServerOptions): Promise<PageServer> {
  const server = () =>
    createServer((request, response) => {
      const { status, contentType, body } = answer(request);
      send(response, status, contentType, body);
    });
  const answer = (request: IncomingMessage): PageFile & { readonly status: number } => {
    if (!isLocal(request)) return text(421, 'This server is for this machine only.');
    if (request.method !== 'GET') return text(405, 'Only GET.');
    const url = new URL(request.url ?? '/', 'http://page');
    if (url.pathname === '/feed.json') {
      const after = Number(url.searchParams.get('after') ?? 0);
      if (!Number.isFinite(after)) return text(400, 'after: expected ms since the Unix epoch.');
      return { status: 200, contentType: 'application/json', body: JSON.stringify(feed(after)) };
    }
    const file = files.get(url.pathname);
    return file === undefined ? text(404, 'There is no such file.') : { status: 200, ...file };
  };
  const { url, close } = await listenSomewhere(server, port);
  return { url, stop: close };
}

async function listenSomewhere(server: () => ReturnType<typeof createServer>, port: number | undefined) {
  try {
    return await listen(server(), port ?? preferredPort);
  } catch (error) {
    if (!isInUse(error)) throw error;
    if (port !== undefined) throw new Error(`--port: ${port} is in use.`, { cause: error });
    return listen(server(), 0);
  }
}

const isInUse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

/** A web page elsewhere could point its name at 127.0.0.1 and read what is shown here; its `Host` tells. */
function isLocal({ headers: { host = '' } }: IncomingMessage): boolean {
  return /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host);
}

const text = (status: number, body: string) => ({ status, contentType: 'text/plain; charset=utf-8', body });

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: Uint8Array | string,
): void {
  response.writeHead(status, { ...headers, 'content-type': contentType }).end(body);
}
