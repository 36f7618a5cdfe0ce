import * as z from 'zod';
import { parseJsonObject } from './json-object.ts';
import { optional } from './variable.ts';

/** What the name of a workspace may be: it becomes part of the names of schedules and of keys in S3. */
export const workspaceName = /^[A-Za-z0-9_.-]{1,64}$/;

export const workspacesVariables = {
  workspaces: optional({
    name: 'WORKSPACES',
    group: 'Workspaces',
    description:
      'Several Prefect workspaces in one Lambda function: for each name the variables that are different there, usually SECRET_ARN and STORE. The `workspace` of the event chooses one; its name is the default of WORKSPACE. Not for the command line.',
    expected: 'a JSON object: names (letters, digits, ".", "_", "-") to objects of variables',
    example: '{"prod":{"STORE":"s3://ledgers/prod.json.gz"},"dev":{"STORE":"s3://ledgers/dev.json.gz"}}',
    schema: z.string().refine((raw) => parseJsonObject(raw) !== undefined, 'is not a JSON object'),
    unset: 'one workspace',
  }),
};
