// As a namespace: an older Node refuses a file that names what it does not have, before any of it can say why.
import * as tls from 'node:tls';
import type { NetworkConfig } from '../config/config.ts';

/**
 * What TLS connections trust and show: the usual authorities and the private one, the client certificate.
 * Undefined when nothing differs from the default. Throws an Error without the key when the PEM texts cannot be
 * used, for instance because key and certificate do not belong together.
 */
export function createTlsContext(
  network: Pick<NetworkConfig, 'ca' | 'clientCert' | 'clientKey'>,
): tls.SecureContext | undefined {
  const { ca, clientCert, clientKey } = network;
  if (ca === undefined && clientCert === undefined && clientKey === undefined) return undefined;
  try {
    return tls.createSecureContext({
      ...(ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] }),
      ...(clientCert === undefined ? {} : { cert: clientCert }),
      ...(clientKey === undefined ? {} : { key: clientKey.reveal() }),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error';
    throw new Error(`The private authority or the client certificate cannot be used: ${why}`);
  }
}
