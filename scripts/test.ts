// npm test: builds, runs all tests on Node 24, and ends with one line of counts. Arguments go to vitest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { findNode24 } from './node24.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const resultsFile = 'test/output/results.json';

/** What vitest's JSON reporter writes, as far as it matters here. */
const resultsSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function runNode(args: readonly string[]): Promise<number> {
  const child = spawn(findNode24(), args, { cwd: root, stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, pass);
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}

async function readCounts(): Promise<Counts> {
  const text = await readFile(`${root}${resultsFile}`, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 0, skipped: 0 };
  const results = resultsSchema.parse(JSON.parse(text));
  // A file that failed outside its tests counts as one failure.
  const brokenFiles = results.testResults.filter(({ status, assertionResults }) => {
    return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
  });
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + brokenFiles.length,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

async function runAll(): Promise<number> {
  const built = await runNode(['scripts/build.ts']);
  if (built !== 0) return built;
  // The real servers are set up by vitest's global setup, which also serves a plain `vitest run`.
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`];
  return runNode(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)]);
}

await rm(`${root}${resultsFile}`, { force: true });
const code = await runAll();
const { passed, failed, skipped } = await readCounts();
const nothingRan = passed + failed === 0;
if (nothingRan) console.error('No test was executed.');
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = nothingRan && code === 0 ? 1 : code;
