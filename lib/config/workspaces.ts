import * as z from 'zod';
import type { Problem } from '../problem.ts';
import { parseJsonObject } from './json-object.ts';
import { optional } from './variable.ts';

/** What the name of a workspace may be: it becomes part of the names of schedules and of keys in S3. */
export const workspaceName = /^[A-Za-z0-9_.-]{1,64}$/;

const expected = 'a JSON object: names (letters, digits, ".", "_", "-") to objects of variables';
const example = '{"prod":{"STORE":"s3://ledgers/prod.json.gz"},"dev":{"STORE":"s3://ledgers/dev.json.gz"}}';

/** Its text may hold passwords. */
export const workspacesUnusable = (text: string): Problem => ({
  slug: 'invalid-value',
  message: 'WORKSPACES is not a JSON object with workspaces in it.',
  found: `${text.length} characters`,
  expected,
  do: `WORKSPACES='${example}'`,
});

export const workspacesVariables = {
  workspaces: optional({
    name: 'WORKSPACES',
    group: 'Workspaces',
    description:
      'Several Prefect workspaces in one Lambda function: for each name the variables that are different there, usually SECRET_ARN and STORE. The `workspace` of the event chooses one; its name is the default of WORKSPACE. Not for the command line.',
    expected,
    example,
    schema: z.string(),
    mistake: (raw) => (parseJsonObject(raw) === undefined ? workspacesUnusable(raw) : undefined),
    unset: 'one workspace',
  }),
};
