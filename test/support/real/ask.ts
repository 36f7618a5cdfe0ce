import { Agent, request } from 'undici';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** GET of a path on one local server. */
export type Ask = (path: string, query?: Readonly<Record<string, string>>) => Promise<Answer>;

export function createAsk(baseUrl: string, headers: Readonly<Record<string, string>> = {}): Ask {
  return async (path, query = {}) => {
    // A connection of its own for each question: nothing is left open that could delay a server's end.
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false }, pipelining: 0 });
    try {
      const url = new URL(`${baseUrl}${path}`);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const response = await request(url, {
        dispatcher,
        headers: { ...headers },
        headersTimeout: 30_000,
        bodyTimeout: 30_000,
      });
      return { status: response.statusCode, body: await response.body.text() };
    } finally {
      await dispatcher.close();
    }
  };
}

/** The body of a 200, parsed. */
export async function askJson(
  ask: Ask,
  path: string,
  query?: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { status, body } = await ask(path, query);
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${body.slice(0, 1_000)}`);
  return JSON.parse(body);
}
