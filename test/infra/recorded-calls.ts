import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { awsCall } from './permissions.ts';

/** Where one of the calls in recorded-calls.json is from. */
const listedCall = awsCall.extend({
  /**
   * `recorded`: a test of a real deployment saw it (test/real/deploy*.test.ts), and sees that there is no other. Otherwise
   * it is written by hand, and the page of AWS says that it is made.
   */
  source: z.union([z.literal('recorded'), z.string().startsWith('https://docs.aws.amazon.com/')]),
});
export type ListedCall = z.infer<typeof listedCall>;

/** By stage and role, what is called when all is well; the code's own calls carry the ARN of the function. */
export const listedCalls = z
  .record(z.string(), z.object({ FunctionRole: z.array(listedCall), SchedulerRole: z.array(listedCall) }))
  .parse(JSON.parse(readFileSync(new URL('recorded-calls.json', import.meta.url), 'utf8')));

/** Stages that a test deploys, and whose function's requests it records. */
export const recordedStages = ['minimal', 'two-workspaces'] as const;
