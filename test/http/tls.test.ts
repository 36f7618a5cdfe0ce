import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type Certificates,
  createCertificates,
  createSelfSigned,
  createServerCertificate,
} from '../../doubles/certificates.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import { createSecret } from '../../lib/secret.ts';
import { createFakeClock } from '../support/clock.ts';
import { connect, failureOf, get, ok, plainNetwork, serve, wholeOf } from './fixtures.ts';

/** A program: its arguments are a URL and a PEM authority, it prints the status. */
const sendOnce = `
  import { createConnections } from '${new URL('../../lib/http/attempt.ts', import.meta.url)}';
  import { systemClock } from '${new URL('../../lib/clock.ts', import.meta.url)}';
  const [, url, ca] = process.argv;
  const { send, close } = createConnections({ ca }, { clock: systemClock });
  const request = { method: 'GET', url: new URL(url), endpoint: 'test', headers: {} };
  process.stdout.write(String((await send(request, { atMs: Infinity })).status));
  await close();
`;

let certificates: Certificates;
beforeAll(async () => {
  certificates = await createCertificates();
});

describe('a private authority', () => {
  test('is accepted when it is given', async () => {
    const server = await serve(ok, { tls: certificates.server });
    const { send, deadline } = connect({ ca: certificates.ca.cert });
    expect((await send(get(server.url), deadline)).status).toBe(200);
  });

  test('is refused when it is not, once, with the reason', async () => {
    const server = await serve(ok, { tls: certificates.server });
    const { send, deadline } = connect();
    const error = await failureOf(send(get(server.url), deadline));
    expect(error).toMatchObject({ name: 'NoAnswerError', reason: 'tls' });
    expect(error.message).toContain(
      `127.0.0.1:${server.url.port} and this side do not agree on TLS: its certificate is not signed by an authority`,
    );
    expect(server.requests).toEqual([]);
  });

  test('stands beside the usual ones', async () => {
    const server = await serve(ok, { tls: certificates.server });
    const usual = join(await mkdtemp(join(tmpdir(), 'authority-')), 'ca.pem');
    onTestFinished(() => rm(dirname(usual), { recursive: true }));
    await writeFile(usual, certificates.ca.cert);
    const other = await createSelfSigned('another authority');
    // Node reads its authorities at start only.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', sendOnce, server.url.href, other.cert],
      { env: { NODE_EXTRA_CA_CERTS: usual } },
    );
    expect(stdout).toBe('200');
  });

  test('does not make another one good', async () => {
    const other = await createSelfSigned('localhost');
    const server = await serve(ok, { tls: other });
    const { send, deadline } = connect({ ca: certificates.ca.cert });
    await expect(send(get(server.url), deadline)).rejects.toMatchObject({
      reason: 'tls',
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });
});

test('a certificate for another name says so, without the certificate', async () => {
  const server = await serve(ok, { tls: await createServerCertificate(certificates.ca, ['example.com']) });
  const { send, deadline } = connect({ ca: certificates.ca.cert });
  const error = await failureOf(send(get(server.url), deadline));
  expect(error).toMatchObject({ reason: 'tls', code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  expect(error.message).toContain("IP: 127.0.0.1 is not in the cert's list");
  expect(wholeOf(error)).not.toContain('infoAccess');
});

test('a certificate for another purpose', async () => {
  const server = await serve(ok, { tls: certificates.client });
  const { send, deadline } = connect({ ca: certificates.ca.cert });
  await expect(send(get(server.url), deadline)).rejects.toMatchObject({
    reason: 'tls',
    code: 'INVALID_PURPOSE',
  });
});

test('https:// where http:// answers', async () => {
  const server = await serve();
  const { send, deadline } = connect();
  const error = await failureOf(send(get(new URL(`https://127.0.0.1:${server.url.port}/`)), deadline));
  expect(error).toMatchObject({ reason: 'tls' });
  expect(error.message).toContain('is it http:// instead of https://?');
});

describe('mutual TLS', () => {
  const network = () => ({
    ca: certificates.ca.cert,
    clientCert: certificates.client.cert,
    clientKey: createSecret(certificates.client.key),
  });
  const serveClients = () => serve(ok, { tls: certificates.server, clientCa: certificates.ca.cert });

  test('shows the certificate', async () => {
    const server = await serveClients();
    const { send, deadline } = connect(network());
    expect((await send(get(server.url), deadline)).status).toBe(200);
  });

  test('without one, says that one is wanted', async () => {
    const server = await serveClients();
    const { send, deadline } = connect({ ca: certificates.ca.cert });
    const error = await failureOf(send(get(server.url), deadline));
    expect(error).toMatchObject({ reason: 'closed' });
    expect(error.message).toContain('does it want a client certificate?');
  });

  test('a key that does not belong to the certificate is refused at start, and not shown', async () => {
    const key = certificates.server.key;
    const create = () =>
      createConnections(
        { ...plainNetwork, ...network(), clientKey: createSecret(key) },
        { clock: createFakeClock() },
      );
    expect(create).toThrow(
      /^The private authority or the client certificate cannot be used: .*key values mismatch/,
    );
    const error = await failureOf((async () => create())());
    expect(wholeOf(error)).not.toContain(key.split('\n')[1]);
  });
});
