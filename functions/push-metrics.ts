import { readFileSync } from 'node:fs';
import type { Context } from 'aws-lambda';
import { systemClock } from '../lib/clock.ts';
import { createHandler } from './handler.ts';
import { preload } from './preload.ts';

await preload(process.env);

const handle = createHandler({
  env: process.env,
  clock: systemClock,
  readFile: (path) => readFileSync(path, 'utf8'),
  write: (text) => process.stdout.write(text),
  peakMemoryMb: () => process.resourceUsage().maxRSS / 1024,
});

/** The Lambda entry. Two parameters: Node 24 refuses handlers with a callback. */
export const handler = (event: unknown, context: Context): Promise<unknown> => handle(event, context);
