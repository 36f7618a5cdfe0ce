import * as z from 'zod';
import { type PrefectRequests, prefectRequests } from '../prefect-requests.ts';
import { askJson, createAsk } from './ask.ts';
import { type PrefectOptions, type PrefectServer, startPrefect } from './prefect.ts';
import type { RequiredServer } from './require-server.ts';

/** ASCII: with any other character the server answers 500 to everything (it compares strings as bytes). */
export const guardedAuthString = 'exporter:pass: "word" %41/+';

export interface GuardedPrefect extends PrefectServer {
  /** Requests with the credentials and a CSRF token of their own client. */
  readonly requests: PrefectRequests;
}

const token = z.object({ token: z.string() });

/** A Prefect 3 that asks for basic authentication and for CSRF tokens. */
export async function startGuardedPrefect(
  required: RequiredServer,
  options: Pick<PrefectOptions, 'settings'> = {},
): Promise<GuardedPrefect> {
  const server = await startPrefect(required, { ...options, csrf: true, authString: guardedAuthString });
  const authorization = `Basic ${Buffer.from(guardedAuthString).toString('base64')}`;
  const answer = await askJson(createAsk(server.apiUrl, { authorization }), '/csrf-token', {
    client: 'test',
  });
  const headers = {
    authorization,
    'prefect-csrf-token': token.parse(answer).token,
    'prefect-csrf-client': 'test',
  };
  return { ...server, requests: prefectRequests(server.apiUrl, headers) };
}
