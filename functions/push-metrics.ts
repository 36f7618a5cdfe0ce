import { readFileSync } from 'node:fs';
import type { Context } from 'aws-lambda';
import { systemClock } from '../lib/clock.ts';
import { createHandler } from './handler.ts';

// While it starts a function has a whole processor, afterwards one by its memory: what S3 and signing need is read now.
if (/^s3:/i.test(process.env.STORE?.trim() ?? '')) await import('../lib/stores/s3-client.ts');
if (/^(?:true|1|yes|on)$/i.test(process.env.REMOTE_WRITE_SIGV4?.trim() ?? ''))
  await import('../lib/http/aws-signer.ts');

const handle = createHandler({
  env: process.env,
  clock: systemClock,
  readFile: (path) => readFileSync(path, 'utf8'),
  write: (text) => process.stdout.write(text),
});

/** The Lambda entry. Two parameters: Node 24 refuses handlers with a callback. */
export const handler = (event: unknown, context: Context): Promise<unknown> => handle(event, context);
