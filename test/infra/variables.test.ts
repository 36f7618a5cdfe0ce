import { describe, expect, it } from 'vitest';
import { variableNames } from '../../lib/config/variables.ts';
import { load } from './stage-file.ts';

const prometheus = {
  workspaceArn: 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1',
  roleArn: 'arn:aws:iam::210987654321:role/writer',
};

/** Everything a stage can make of its parameters. */
const stages = [
  load({ region: 'eu-west-1', workspace: 'a', amazonManagedPrometheus: prometheus }),
  load({ region: 'eu-west-1', workspaces: { a: null } }),
];

describe('the variables of the function', () => {
  const names = stages
    .flatMap(({ variables }) => Object.keys(variables))
    .filter((name) => name !== 'NODE_OPTIONS');

  it.each([...new Set(names)])('%s is one of lib/config', (name) => {
    expect(variableNames).toContain(name);
  });
});
