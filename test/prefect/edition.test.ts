import { describe, expect, it } from 'vitest';
import { editionOf } from '../../lib/prefect/edition.ts';

const accountId = '0c1d7f5e-4f0b-4d0f-9f0a-3f1a5a0b6c11';
const workspaceId = '7d9e2b1a-8c3f-4e5d-a6b7-c8d9e0f1a2b3';
const path = `accounts/${accountId}/workspaces/${workspaceId}`;

describe('editionOf', () => {
  it('knows Cloud and its web page', () => {
    expect(editionOf(new URL(`https://api.prefect.cloud/api/${path}`))).toEqual({
      kind: 'cloud',
      accountId,
      workspaceId,
      cloudApiUrl: new URL('https://api.prefect.cloud/api'),
      uiUrl: `https://app.prefect.cloud/account/${accountId}/workspace/${workspaceId}`,
    });
  });

  it('knows Cloud by the path, whatever the host', () => {
    expect(editionOf(new URL(`https://api.stg.prefect.dev/api/${path}/`))).toMatchObject({
      kind: 'cloud',
      cloudApiUrl: new URL('https://api.stg.prefect.dev/api'),
      uiUrl: `https://app.stg.prefect.dev/account/${accountId}/workspace/${workspaceId}`,
    });
    expect(editionOf(new URL(`http://127.0.0.1:4300/api/${path}`))).toMatchObject({
      kind: 'cloud',
      cloudApiUrl: new URL('http://127.0.0.1:4300/api'),
      uiUrl: `http://127.0.0.1:4300/account/${accountId}/workspace/${workspaceId}`,
    });
  });

  it.each([
    ['http://127.0.0.1:4200/api', 'http://127.0.0.1:4200'],
    ['https://prefect.example.com/api/', 'https://prefect.example.com'],
    ['https://example.com/prefect/api', 'https://example.com/prefect'],
    ['https://example.com/custom', 'https://example.com/custom'],
    [
      'https://api.example.com/api/accounts/me/workspaces/mine',
      'https://api.example.com/api/accounts/me/workspaces/mine',
    ],
    ['http://user:secret@127.0.0.1:4200/api', 'http://127.0.0.1:4200'],
  ])('takes %s for a server with its page at %s', (apiUrl, uiUrl) => {
    expect(editionOf(new URL(apiUrl))).toEqual({ kind: 'server', uiUrl });
  });
});
