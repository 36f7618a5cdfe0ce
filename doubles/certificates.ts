import { isIPv4 } from 'node:net';
import { type GenerateResult, generate, type SelfsignedOptions } from 'selfsigned';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** A private authority with a certificate for a server on 127.0.0.1 and localhost, and one for a client. */
export interface Certificates {
  readonly ca: Certificate;
  readonly server: Certificate;
  readonly client: Certificate;
}

export async function createCertificates(): Promise<Certificates> {
  const ca = await create('prefect-push-exporter test authority', {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const [server, client] = await Promise.all([
    createServerCertificate(ca, ['localhost', '127.0.0.1']),
    create('exporter', {
      ca,
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', clientAuth: true },
      ],
    }),
  ]);
  return { ca, server, client };
}

/** `hosts` are names and IPv4 addresses. */
export const createServerCertificate = (ca: Certificate, hosts: readonly string[]): Promise<Certificate> =>
  create(hosts[0] ?? 'nobody', {
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) => (isIPv4(host) ? { type: 7, ip: host } : { type: 2, value: host })),
      },
    ],
  });

/** A certificate no authority signed. */
export const createSelfSigned = (commonName: string): Promise<Certificate> => create(commonName, {});

async function create(commonName: string, options: SelfsignedOptions): Promise<Certificate> {
  const made: GenerateResult = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...options,
  });
  return { cert: made.cert, key: made.private };
}
