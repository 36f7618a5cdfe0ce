import * as z from 'zod';
import { createSecret } from '../secret.ts';
import type { NetworkConfig } from './config.ts';
import { maskedWhenPrinted } from './masked.ts';
import type { Reader } from './reader.ts';
import { text } from './schemas.ts';
import { invalid, missing } from './value-problems.ts';
import { type OptionalVariable, optional } from './variable.ts';

const group = 'Network';

const pemFile = (name: string, what: string): OptionalVariable<string> =>
  optional({
    name,
    group,
    description: `PEM file with ${what}.`,
    expected: 'the path of a PEM file',
    example: `/etc/prefect-exporter/${name.slice(0, -'_FILE'.length).toLowerCase().replace('_', '-')}.pem`,
    schema: text(4096),
    unset: 'none',
  });

/** Host and port may stand alone, as curl takes them; user and password may be in it. */
const proxyAddress: z.ZodType<string, string> = z
  .string()
  .transform((raw) => (/^[a-z][a-z0-9+.-]*:\/\//i.test(raw) ? raw : `http://${raw}`))
  .refine(
    (url) => /^https?:/i.test(url) && URL.canParse(url),
    'is not the http:// or https:// address of a proxy',
  );

const proxy = (name: string, what: string): OptionalVariable<string> =>
  optional({
    name,
    group,
    description: `Proxy for ${what} addresses. The lower-case name works too and wins.`,
    expected: 'http://<host>:<port>',
    example: 'http://proxy:3128',
    schema: proxyAddress,
    address: true,
    lowerCaseToo: true,
    unset: 'no proxy',
  });

export const networkVariables = {
  ca: pemFile('CA_FILE', 'certificates to trust beside those of Node'),
  clientCert: pemFile('CLIENT_CERT_FILE', 'the certificate for mutual TLS, with its chain'),
  clientKey: pemFile('CLIENT_KEY_FILE', 'the key of that certificate'),
  httpsProxy: proxy('HTTPS_PROXY', 'https'),
  httpProxy: proxy('HTTP_PROXY', 'http'),
  noProxy: optional({
    name: 'NO_PROXY',
    group,
    description: 'Hosts that are reached without the proxy. The lower-case name works too and wins.',
    expected: 'host names between commas',
    example: 'localhost,.internal',
    schema: text(4096),
    lowerCaseToo: true,
    unset: 'none',
  }),
};

export function readNetwork(reader: Reader): NetworkConfig {
  const clientKey = readPem(reader, networkVariables.clientKey);
  const network = {
    ca: readPem(reader, networkVariables.ca),
    clientCert: readPem(reader, networkVariables.clientCert),
    clientKey: clientKey === undefined ? undefined : createSecret(clientKey),
    httpsProxy: reader.get(networkVariables.httpsProxy),
    httpProxy: reader.get(networkVariables.httpProxy),
    noProxy: reader.get(networkVariables.noProxy),
  };
  checkPair(reader);
  return maskedWhenPrinted(network, ['httpsProxy', 'httpProxy']);
}

function readPem(reader: Reader, variable: OptionalVariable<string>): string | undefined {
  const content = reader.file(variable);
  if (content !== undefined && !content.includes('-----BEGIN ')) {
    reader.report(
      invalid(variable, reader.get(variable) ?? '', 'names a file that is not PEM (no -----BEGIN)'),
    );
  }
  return content;
}

function checkPair(reader: Reader): void {
  const { clientCert, clientKey } = networkVariables;
  const [hasCert, hasKey] = [reader.isSet(clientCert), reader.isSet(clientKey)];
  if (hasCert && !hasKey) reader.report(missing(clientKey, `, and ${clientCert.name} is`));
  if (hasKey && !hasCert) reader.report(missing(clientCert, `, and ${clientKey.name} is`));
}
