import { describe, expect, it } from 'vitest';
import { functionEnvironment, ownServer } from '../../demo/environment.ts';
import { DemoUsageError, parseOptions } from '../../demo/options.ts';

const receiverUrl = new URL('http://127.0.0.1:9/api/v1/write');
const madeUp = {
  everySeconds: 2,
  receiverUrl,
  madeUpApiUrl: 'http://127.0.0.1:8/api',
  ledgerPath: '/tmp/demo/ledger.json.gz',
};

describe('the environment of the function', () => {
  it('pushes only to the demo, whatever receiver the user has set', () => {
    const own = {
      REMOTE_WRITE_URL: 'https://elsewhere.example/push',
      REMOTE_WRITE_PASSWORD: 'secret',
      REMOTE_WRITE_TOKEN_FILE: '/token',
      PUSHGATEWAY_URL: 'http://gateway.example',
      INTERVAL_SECONDS: '60',
      LOG_LEVEL: 'error',
      STORE: 's3://elsewhere/ledger.json.gz',
      COLLECTORS: 'workers',
    };
    expect(functionEnvironment(own, madeUp)).toEqual({
      COLLECTORS: 'workers',
      no_proxy: '127.0.0.1',
      INTERVAL_SECONDS: '2',
      REMOTE_WRITE_URL: 'http://127.0.0.1:9/api/v1/write',
      STORE: 'file:/tmp/demo/ledger.json.gz',
      PREFECT_API_URL: 'http://127.0.0.1:8/api',
      WORKSPACE: 'demo',
    });
  });

  it('hands no key to the made-up workspace, and all of them to the own server', () => {
    const own = { PREFECT_API_KEY: 'pnu_x', WORKSPACE: 'acme', NO_PROXY: 'prefect.example' };
    expect(functionEnvironment(own, madeUp)).not.toHaveProperty('PREFECT_API_KEY');
    const withServer = { PREFECT_API_URL: 'http://prefect.example/api', ...own };
    expect(functionEnvironment(withServer, { ...madeUp, madeUpApiUrl: undefined })).toEqual({
      PREFECT_API_URL: 'http://prefect.example/api',
      PREFECT_API_KEY: 'pnu_x',
      WORKSPACE: 'acme',
      no_proxy: 'prefect.example,127.0.0.1',
      INTERVAL_SECONDS: '2',
      REMOTE_WRITE_URL: 'http://127.0.0.1:9/api/v1/write',
      STORE: 'file:/tmp/demo/ledger.json.gz',
    });
  });

  it('takes an empty PREFECT_API_URL for none', () => {
    expect([ownServer({}), ownServer({ PREFECT_API_URL: ' ' })]).toEqual([undefined, undefined]);
  });
});

describe('options', () => {
  it('has defaults', () => {
    expect(parseOptions([])).toEqual({ port: undefined, everySeconds: 2, once: false, help: false });
    expect(parseOptions(['--port', '0', '--every=60', '--once'])).toMatchObject({
      port: 0,
      everySeconds: 60,
      once: true,
    });
  });

  it.each([['--port', '65536'], ['--every', '1.5'], ['--every', '61'], ['--ever'], ['page']])(
    'refuses %s %s',
    (...args) => {
      expect(() => parseOptions(args)).toThrow(DemoUsageError);
    },
  );
});
