import { describe, expect, it } from 'vitest';
import { withEnvFile } from '../../lib/config/env-file.ts';
import { fileFormOf } from '../../lib/config/variable.ts';
import { variables } from '../../lib/config/variables.ts';
import { parse, problems } from './parsing.ts';

describe('the _FILE form of a secret', () => {
  it.each(variables.filter(({ secret }) => secret))('of $name is read', (variable) => {
    const content = variable.schema.safeParse(`${variable.example}`);
    expect(content.success).toBe(true);
    const missing = problems({ [fileFormOf(variable)]: '/none' });
    expect(missing).toContainEqual({
      slug: 'invalid-value',
      message: `${variable.name}_FILE names a file that cannot be read (ENOENT).`,
      found: '/none',
      expected: 'the path of a file that this process may read',
      do: expect.stringContaining(`${variable.name}_FILE=`),
    });
  });

  it('gives the value without the line breaks at its end', () => {
    const files = { '/run/secrets/key': 'pnu_abc\r\n\n' };
    const { auth } = parse({ PREFECT_API_KEY_FILE: '/run/secrets/key' }, { files }).config.prefect;
    expect(auth.kind === 'key' && auth.key.reveal()).toBe('pnu_abc');
  });

  it('keeps the spaces of a password', () => {
    const files = { '/p': ' p w \n' };
    const { sink } = parse(
      { REMOTE_WRITE_USERNAME: 'u', REMOTE_WRITE_PASSWORD_FILE: '/p' },
      { files },
    ).config;
    expect(sink?.auth.kind === 'basic' && sink.auth.password.reveal()).toBe(' p w ');
  });

  it('may not stand beside the plain form', () => {
    const environment = { PREFECT_API_KEY: 'pnu_a', PREFECT_API_KEY_FILE: '/key' };
    expect(problems(environment, { files: { '/key': 'pnu_b' } })).toEqual([
      {
        slug: 'invalid-value',
        message: 'PREFECT_API_KEY and PREFECT_API_KEY_FILE are both set.',
        expected: 'one of them',
        do: 'unset PREFECT_API_KEY, or unset PREFECT_API_KEY_FILE',
      },
    ]);
  });

  it('may not be empty', () => {
    expect(problems({ PREFECT_API_KEY_FILE: '/key' }, { files: { '/key': '\n' } })).toMatchObject([
      { slug: 'missing-value', message: 'The file that PREFECT_API_KEY_FILE names is empty.', found: '/key' },
    ]);
  });

  it('is not called missing when it cannot be read', () => {
    const found = problems({ REMOTE_WRITE_USERNAME: 'u', REMOTE_WRITE_PASSWORD_FILE: '/none' });
    expect(found.map(({ slug }) => slug)).toEqual(['invalid-value']);
  });

  it('exists for secrets only', () => {
    expect(problems({ REMOTE_WRITE_TENANT_FILE: '/tenant' })[0]?.slug).toBe('unknown-variable');
  });
});

describe('PEM files', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n';
  const key = '-----BEGIN PRIVATE KEY-----\nxyz\n-----END PRIVATE KEY-----\n';
  const files = { '/ca': pem, '/cert': pem, '/key': key, '/der': 'abc' };

  it('are read', () => {
    const { network } = parse(
      { CA_FILE: '/ca', CLIENT_CERT_FILE: '/cert', CLIENT_KEY_FILE: '/key' },
      { files },
    ).config;
    expect(network).toMatchObject({ ca: pem, clientCert: pem });
    expect(network.clientKey?.reveal()).toBe(key);
    expect(JSON.stringify(network)).not.toContain('xyz');
  });

  it('hold PEM', () => {
    expect(problems({ CA_FILE: '/der' }, { files })).toMatchObject([
      { message: 'CA_FILE names a file that is not PEM (no -----BEGIN).', found: '/der' },
    ]);
  });

  it('come in pairs for mutual TLS', () => {
    const lone = (name: string) => problems({ [name]: '/cert' }, { files }).map(({ message }) => message);
    expect(lone('CLIENT_CERT_FILE')).toEqual(['CLIENT_KEY_FILE is not set, and CLIENT_CERT_FILE is.']);
    expect(lone('CLIENT_KEY_FILE')).toEqual(['CLIENT_CERT_FILE is not set, and CLIENT_KEY_FILE is.']);
  });
});

describe('--env-file', () => {
  it('adds what the environment does not have', () => {
    const text = '# comment\nMAX_RETRIES=5\nWORKSPACE="a b"\nexport DETAIL=flow\nLOG_LEVEL=debug\n';
    expect(withEnvFile({ MAX_RETRIES: '1', LOG_LEVEL: '', EMF: undefined }, text)).toEqual({
      MAX_RETRIES: '1',
      LOG_LEVEL: '',
      WORKSPACE: 'a b',
      DETAIL: 'flow',
    });
  });

  it('does not lose to a name that is there without a value', () => {
    expect(withEnvFile({ EMF: undefined }, 'EMF=1').EMF).toBe('1');
  });
});
