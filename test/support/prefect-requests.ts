import type { Json } from '../../doubles/prefect/json.ts';

export interface PrefectReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when there is none. */
  readonly json: Json | undefined;
}

export interface PrefectRequests {
  readonly apiUrl: string;
  /** One request, whatever comes back. `body` is sent as JSON; a string is sent as it is. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<PrefectReply>;
  /** The parsed answer of a POST; rejects unless it is a 2xx. */
  post(path: string, body: unknown): Promise<Json>;
}

/** Plain requests to a Prefect API, real or not. */
export function prefectRequests(
  apiUrl: string,
  always: Readonly<Record<string, string>> = {},
): PrefectRequests {
  const send: PrefectRequests['send'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: { 'content-type': 'application/json', ...always, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  };
  const post: PrefectRequests['post'] = async (path, body) => {
    let reply = await send('POST', path, body);
    // A Prefect server on SQLite answers 503 while another of its writers holds the database.
    for (let attempt = 1; reply.status === 503 && attempt < 30; attempt += 1) {
      reply = await send('POST', path, body);
    }
    if (reply.status >= 300) throw new Error(`POST ${path}: ${reply.status} ${reply.text}`);
    return reply.json ?? null;
  };
  return { apiUrl, send, post };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
