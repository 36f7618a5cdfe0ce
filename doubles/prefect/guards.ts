import type { Clock } from '../../lib/clock.ts';
import type { ReceivedRequest, Reply } from '../server.ts';
import { answerJson, detail } from './call.ts';
import type { Dialect } from './dialect.ts';
import type { SeededChance } from './seeded.ts';
import { formatTimestamp } from './timestamps.ts';

export interface CsrfOptions {
  /** How long a token is good for. Default one hour, as the server's. */
  readonly lifetimeMs?: number;
}

export interface Csrf {
  /** Undefined when the request may pass. */
  refuse(request: ReceivedRequest): Reply | undefined;
  /** Answers `GET /csrf-token`: a new token, which ends the client's token before it. */
  token(client: string | null): Reply;
}

const writing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export function createCsrf(
  options: CsrfOptions | undefined,
  { clock, chance, dialect }: { clock: Pick<Clock, 'now'>; chance: SeededChance; dialect: Dialect },
): Csrf {
  const tokens = new Map<string, { token: string; expiresMs: number }>();
  const time = (ms: number) => formatTimestamp(Math.round(ms * 1000), dialect.zone);
  return {
    refuse: ({ method, headers }) => {
      if (!options || !writing.has(method)) return undefined;
      const token = headers['prefect-csrf-token'];
      const client = headers['prefect-csrf-client'];
      if (token === undefined) return detail('Missing CSRF token.', 403);
      if (client === undefined) return detail('Missing client identifier.', 403);
      const known = tokens.get(client);
      const isGood = known?.token === token && known.expiresMs > clock.now();
      return isGood ? undefined : detail('Invalid CSRF token or client identifier.', 403);
    },
    token: (client) => {
      if (client === null) return missingClient(dialect);
      if (!options) return detail('CSRF protection is disabled.', 422);
      const now = clock.now();
      const expiresMs = now + (options.lifetimeMs ?? 3_600_000);
      const token = `${chance.uuid()}${chance.uuid()}`.replaceAll('-', '');
      tokens.set(client, { token, expiresMs });
      const times = { created: time(now), updated: time(now), expiration: time(expiresMs) };
      return answerJson({ id: chance.uuid(), ...times, token, client });
    },
  };
}

function missingClient(dialect: Dialect): Reply {
  const loc = ['query', 'client'];
  const issue =
    dialect.pydantic === 1
      ? { loc, msg: 'field required', type: 'value_error.missing' }
      : { type: 'missing', loc, msg: 'Field required', input: null };
  const body = {
    exception_message: 'Invalid request received.',
    exception_detail: [issue],
    request_body: null,
  };
  return answerJson(body, 422);
}

/** Basic auth compares the whole string; any other scheme is refused (api/server.py). */
export function refuseBasic(auth: string | undefined, request: ReceivedRequest): Reply | undefined {
  if (auth === undefined) return undefined;
  const expected = `Basic ${Buffer.from(auth, 'utf8').toString('base64')}`;
  if (request.headers.authorization === expected) return undefined;
  return answerJson({ exception_message: 'Unauthorized' }, 401);
}

/** Bodies of Cloud's refusals are not verified: no Cloud call was made for this double. */
export function refuseBearer(apiKey: string, request: ReceivedRequest): Reply | undefined {
  if (request.headers.authorization === `Bearer ${apiKey}`) return undefined;
  return detail('Invalid authentication credentials', 401);
}
