import { expect, onTestFinished, test } from 'vitest';
import { createCertificates } from '../../doubles/certificates.ts';
import { type ProxyServer, startProxy } from '../../doubles/proxy.ts';
import { createConnections } from '../../lib/http/attempt.ts';
import { createFakeClock } from '../support/clock.ts';
import { connect, failureOf, get, ok, plainNetwork, post, serve, wholeOf } from './fixtures.ts';

const password = 'proxy-hunter2';

async function proxy(userColonPassword?: string): Promise<ProxyServer> {
  const started = await startProxy(userColonPassword === undefined ? {} : { userColonPassword });
  onTestFinished(() => started.stop());
  return started;
}

const withUser = (url: URL, user = 'user', secret = password): string =>
  `http://${user}:${secret}@${url.host}`;

test('http:// goes through the proxy as an absolute URL', async () => {
  const server = await serve();
  const httpProxy = await proxy();
  const { send, deadline } = connect({ httpProxy: httpProxy.url.href });
  await send(post(new URL('/write?x=1', server.url), 'samples'), deadline);
  expect(httpProxy.requests).toMatchObject([{ method: 'POST', target: `${server.url}write?x=1` }]);
  expect(server.requests).toMatchObject([{ path: '/write?x=1', headers: { host: server.url.host } }]);
  expect(server.requests[0]?.body.toString()).toBe('samples');
});

test('https:// goes through a tunnel, with the private authority, and the proxy sees no request', async () => {
  const { ca, server: tls } = await createCertificates();
  const server = await serve(ok, { tls });
  const httpsProxy = await proxy();
  const { send, deadline } = connect({ httpsProxy: httpsProxy.url.href, ca: ca.cert });
  expect((await send(get(server.url), deadline)).status).toBe(200);
  expect(httpsProxy.requests).toMatchObject([{ method: 'CONNECT', target: server.url.host }]);
  expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
});

test('a proxy for one scheme is not used for the other', async () => {
  const { ca, server: tls } = await createCertificates();
  const server = await serve(ok, { tls });
  const httpProxy = await proxy();
  const { send, deadline } = connect({ httpProxy: httpProxy.url.href, ca: ca.cert });
  await send(get(server.url), deadline);
  expect(httpProxy.requests).toEqual([]);
});

test('hosts of NO_PROXY are reached directly', async () => {
  const server = await serve();
  const httpProxy = await proxy();
  const { send, deadline } = connect({
    httpProxy: httpProxy.url.href,
    noProxy: 'example.com, 127.0.0.1',
  });
  await send(get(server.url), deadline);
  await connect({ httpProxy: httpProxy.url.href, noProxy: 'example.com' }).send(get(server.url), deadline);
  expect(httpProxy.requests).toHaveLength(1);
});

test('shows the proxy its user and password, and nobody else', async () => {
  const server = await serve();
  const httpProxy = await proxy(`user:${password}`);
  const { send, deadline } = connect({ httpProxy: withUser(httpProxy.url) });
  expect((await send(get(server.url), deadline)).status).toBe(200);
  expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
});

test('a tunnel that the proxy refuses', async () => {
  const httpsProxy = await proxy('user:another');
  const { send, deadline } = connect({ httpsProxy: withUser(httpsProxy.url) });
  const error = await failureOf(send(get(new URL('https://example.com/')), deadline));
  expect(error).toMatchObject({ name: 'NoAnswerError', reason: 'connect' });
  expect(error.message).toContain('example.com:443 cannot be reached: the proxy answers with status 407');
  expect(wholeOf(error)).not.toContain(password);
});

test('a proxy that refuses an http:// request', async () => {
  const server = await serve();
  const httpProxy = await proxy('user:another');
  const { send, deadline } = connect({ httpProxy: withUser(httpProxy.url) });
  const error = await failureOf(send(get(server.url), deadline));
  expect(error.message).toContain('the proxy answers with status 407');
  expect(wholeOf(error)).not.toContain(password);
  expect(server.requests).toEqual([]);
});

test('a proxy that does not listen is the one that is named', async () => {
  const stopped = await startProxy();
  await stopped.stop();
  const { send, deadline } = connect({ httpsProxy: withUser(stopped.url) });
  const error = await failureOf(send(get(new URL('https://example.com/')), deadline));
  expect(error).toMatchObject({ reason: 'connect', code: 'ECONNREFUSED' });
  expect(error.message).toContain(`${stopped.url.host} (for example.com:443) refused the connection`);
  expect(wholeOf(error)).not.toContain(password);
});

test.each(['proxy.local:3128', `socks5://user:${password}@proxy.local`, `http://user:${password}@:bad`])(
  'the address %s is refused at start, without its password',
  async (address) => {
    const create = async () =>
      createConnections({ ...plainNetwork, httpsProxy: address }, { clock: createFakeClock() });
    const error = await failureOf(create());
    expect(error.message).toBe('The address of the proxy is not an http:// or https:// URL');
    expect(wholeOf(error)).not.toContain(password);
  },
);
