import * as z from 'zod';
import { httpAddress } from './addresses.ts';
import type { PrefectAuth, PrefectConfig } from './config.ts';
import { authStringMistake, keyMistake, prefectAddressMistake } from './mistakes/prefect.ts';
import type { Reader } from './reader.ts';
import { onOff, password, text, token, wholeNumber } from './schemas.ts';
import { defaulted, optional } from './variable.ts';

const group = 'Prefect';

export const prefectVariables = {
  apiUrl: optional({
    name: 'PREFECT_API_URL',
    group,
    description:
      'The API of the Prefect server or of the workspace of Prefect Cloud. A slash at its end does not matter.',
    expected:
      'http://<host>:4200/api, or https://api.prefect.cloud/api/accounts/<account>/workspaces/<workspace>',
    example: 'http://127.0.0.1:4200/api',
    schema: httpAddress,
    address: true,
    mistake: prefectAddressMistake,
    unset: 'required',
  }),
  apiKey: optional({
    name: 'PREFECT_API_KEY',
    group,
    description:
      'Key of a user or, better, of a service account of Prefect Cloud with the role Viewer. Wins over PREFECT_API_AUTH_STRING.',
    expected: 'the key as Prefect shows it, pnu_… or pnb_…',
    example: 'pnu_your_key',
    schema: token,
    secret: true,
    mistake: keyMistake,
    credential: true,
    unset: 'not sent',
  }),
  authString: optional({
    name: 'PREFECT_API_AUTH_STRING',
    group,
    description:
      'User and password of a server with Basic authentication, as the server itself is given them.',
    expected: 'user:password',
    example: 'admin:your_password',
    schema: password,
    secret: true,
    mistake: authStringMistake,
    credential: true,
    unset: 'not sent',
  }),
  csrf: defaulted({
    name: 'PREFECT_CSRF_ENABLED',
    group,
    description: 'Whether requests carry a CSRF token. `auto` fetches one when the server asks for it.',
    expected: 'auto, true or false',
    example: 'true',
    schema: z
      .string()
      .transform((raw) => raw.toLowerCase())
      .pipe(z.union([z.literal('auto'), onOff], 'is none of auto, true, false')),
    default: 'auto',
  }),
  pageSize: optional({
    name: 'PAGINATION_LIMIT',
    group,
    description:
      'Items in a page of an answer. Servers refuse more than PREFECT_SERVER_API_DEFAULT_LIMIT, which is 200 unless somebody changed it.',
    expected: 'a whole number from 1 to 1000',
    example: '200',
    schema: wholeNumber(1, 1000),
    unset: "the server's own limit",
  }),
  maxRetries: defaulted({
    name: 'MAX_RETRIES',
    group,
    description:
      'How often a request that failed is sent again, to Prefect and to the receiver. 0: every request is sent once.',
    expected: 'a whole number from 0 to 10',
    example: '3',
    schema: wholeNumber(0, 10),
    default: '3',
  }),
  workspace: optional({
    name: 'WORKSPACE',
    group,
    description: 'Value of the label `workspace`, which is on every series.',
    expected: 'a name of at most 200 characters',
    example: 'production',
    schema: text(200),
    unset: 'the handle of the Cloud workspace, else the host of the server',
  }),
};

/** Undefined when PREFECT_API_URL is missing or cannot be used; the reader has the problem then. */
export function readPrefect(reader: Reader): PrefectConfig | undefined {
  const apiUrl = reader.required(prefectVariables.apiUrl);
  const rest = {
    auth: readAuth(reader),
    csrf: reader.get(prefectVariables.csrf),
    pageSize: reader.get(prefectVariables.pageSize),
    maxRetries: reader.get(prefectVariables.maxRetries),
    workspace: reader.get(prefectVariables.workspace),
  };
  return apiUrl === undefined ? undefined : { apiUrl, ...rest };
}

function readAuth(reader: Reader): PrefectAuth {
  const key = reader.get(prefectVariables.apiKey);
  const authString = reader.get(prefectVariables.authString);
  if (key !== undefined && authString !== undefined) {
    reader.warn({
      slug: 'value-ignored',
      message: 'PREFECT_API_AUTH_STRING has no effect beside PREFECT_API_KEY.',
      expected: 'a key for Prefect Cloud, an auth string for a server',
      do: 'unset the one that does not belong to PREFECT_API_URL',
    });
  }
  if (key !== undefined) return { kind: 'key', key };
  return authString === undefined ? { kind: 'none' } : { kind: 'basic', authString };
}
