import type { FamilyDescriptor } from '../metrics/family.ts';
import { defineCollector } from './collector.ts';

const info: FamilyDescriptor = {
  name: 'prefect_workspace_info',
  help: 'Where to look at the workspace, and its ids; always 1.',
  type: 'gauge',
  labels: ['ui_url', 'workspace_id', 'account_id'],
  notes: 'The ids are absent for a self-hosted server.',
};

export const workspace = defineCollector({
  name: 'workspace',
  set: 'native',
  byDefault: true,
  needs: ['workspace'],
  families: [info],
  collect: ({ workspace: { uiUrl, workspaceId, accountId } }) => [
    {
      descriptor: info,
      samples: [{ labels: { ui_url: uiUrl, workspace_id: workspaceId, account_id: accountId }, value: 1 }],
    },
  ],
});
