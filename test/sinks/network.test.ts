import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Certificates, createCertificates } from '../../doubles/certificates.ts';
import { startProxy } from '../../doubles/proxy.ts';
import { createSecret } from '../../lib/secret.ts';
import { pushErrorOf } from '../contracts/sink.ts';
import { numbered, startWritePath, storedNumbers } from './fixtures.ts';

describe('a push', () => {
  let certificates: Certificates;

  beforeAll(async () => {
    certificates = await createCertificates();
  });

  it('reaches a receiver with a certificate of a private authority, and no other', async () => {
    const receiver = { tls: certificates.server };
    const {
      clock,
      receiver: tls,
      push,
    } = await startWritePath({}, { receiver, network: { ca: certificates.ca.cert } });
    expect(await push(numbered(4, clock.now()))).toMatchObject({ samplesSent: 4 });
    expect(storedNumbers(tls)).toEqual([0, 1, 2, 3]);

    const stranger = await startWritePath({}, { receiver });
    const error = await pushErrorOf(stranger.push(numbered(4, clock.now())));
    expect(error.cause).toMatchObject({ reason: 'tls' });
    expect(error.sent).toMatchObject({ requests: 1, samplesSent: 0 });
  });

  it('shows its own certificate to a receiver that asks for one', async () => {
    const receiver = { tls: certificates.server, clientCa: certificates.ca.cert };
    const { client, ca } = certificates;
    const network = { ca: ca.cert, clientCert: client.cert, clientKey: createSecret(client.key) };
    const mutual = await startWritePath({}, { receiver, network });
    expect(await mutual.push(numbered(2, mutual.clock.now()))).toMatchObject({ samplesSent: 2 });

    const bare = await startWritePath({}, { receiver, network: { ca: ca.cert } });
    await pushErrorOf(bare.push(numbered(2, bare.clock.now())));
    expect(bare.receiver.requests).toHaveLength(0);
  });

  it('goes through a proxy', async () => {
    const proxy = await startProxy();
    onTestFinished(() => proxy.stop());
    const { clock, receiver, push } = await startWritePath({}, { network: { httpProxy: proxy.url.href } });
    expect(await push(numbered(2, clock.now()))).toMatchObject({ samplesSent: 2 });
    expect(proxy.requests.map(({ target }) => target)).toEqual([receiver.writeUrl.href]);
  });
});
