import { describe, expect, it } from 'vitest';
import { editionOf } from '../../lib/prefect/edition.ts';
import { createWorkspaceCache, readServer, readWorkspace } from '../../lib/prefect/workspace.ts';
import { createFakePrefect, Status } from './fake-send.ts';

const accountId = '0c1d7f5e-4f0b-4d0f-9f0a-3f1a5a0b6c11';
const workspaceId = '7d9e2b1a-8c3f-4e5d-a6b7-c8d9e0f1a2b3';
const cloudUrl = new URL(`https://api.prefect.cloud/api/accounts/${accountId}/workspaces/${workspaceId}`);
const serverUrl = new URL('http://prefect.test:4200/api');
const cloudRoutes = {
  'me/workspaces': [
    { account_id: accountId, workspace_id: 'other', workspace_handle: 'sandbox' },
    { account_id: accountId, workspace_id: workspaceId, workspace_handle: 'production' },
  ],
};

const setUp = (apiUrl: URL, routes = {}, configuredName?: string) => {
  const fake = createFakePrefect(routes, { apiUrl });
  const cache = createWorkspaceCache();
  const edition = editionOf(apiUrl);
  return {
    ...fake,
    server: (nowMs: number) => readServer(edition, nowMs, cache, fake.client),
    workspace: () => readWorkspace({ apiUrl, edition, configuredName }, cache, fake.client),
  };
};

describe('readServer', () => {
  it('asks a server for its version, and again after an hour', async () => {
    const versions = ['3.8.4', '3.9.0'];
    const { server, paths } = setUp(serverUrl, { 'admin/version': () => versions.shift() });
    expect(await server(0)).toEqual({ edition: 'server', version: '3.8.4' });
    expect(await server(3_599_999)).toEqual({ edition: 'server', version: '3.8.4' });
    expect(paths()).toHaveLength(1);
    expect(await server(3_600_000)).toEqual({ edition: 'server', version: '3.9.0' });
  });

  it('asks Cloud nothing', async () => {
    const { server, paths } = setUp(cloudUrl);
    expect(await server(0)).toEqual({ edition: 'cloud', version: undefined });
    expect(paths()).toEqual([]);
  });

  it('keeps no failure', async () => {
    let up = false;
    const route = () => {
      if (!up) throw new Status(503);
      return '3.8.4';
    };
    const { server } = setUp(serverUrl, { 'admin/version': route });
    await expect(server(0)).rejects.toThrow('status 503');
    up = true;
    await expect(server(60_000)).resolves.toMatchObject({ version: '3.8.4' });
  });
});

describe('readWorkspace', () => {
  it('goes by the host of a server, without a request', async () => {
    const { workspace, paths } = setUp(serverUrl);
    expect(await workspace()).toEqual({
      name: 'prefect.test:4200',
      uiUrl: 'http://prefect.test:4200',
      workspaceId: '',
      accountId: '',
    });
    const secure = setUp(new URL('https://prefect.example.com/api'));
    expect((await secure.workspace()).name).toBe('prefect.example.com');
    expect(paths()).toEqual([]);
  });

  it('asks Cloud for the handle once', async () => {
    const { workspace, paths, sent } = setUp(cloudUrl, cloudRoutes);
    expect(await workspace()).toEqual({
      name: 'production',
      uiUrl: `https://app.prefect.cloud/account/${accountId}/workspace/${workspaceId}`,
      workspaceId,
      accountId,
    });
    expect((await workspace()).name).toBe('production');
    expect(paths()).toEqual(['me/workspaces']);
    expect(sent[0]?.method).toBe('GET');
  });

  it('takes the configured name, without a request', async () => {
    const cloud = setUp(cloudUrl, cloudRoutes, 'prod');
    expect(await cloud.workspace()).toMatchObject({ name: 'prod', workspaceId });
    expect(cloud.paths()).toEqual([]);
    expect((await setUp(serverUrl, {}, 'prod').workspace()).name).toBe('prod');
  });

  it('fails when the key does not see the workspace', async () => {
    const { workspace } = setUp(cloudUrl, { 'me/workspaces': cloudRoutes['me/workspaces'].slice(0, 1) });
    await expect(workspace()).rejects.toThrow(
      `the key does not see workspace ${workspaceId}; it sees sandbox`,
    );
    await expect(setUp(cloudUrl, { 'me/workspaces': [] }).workspace()).rejects.toThrow('it sees none');
  });
});
