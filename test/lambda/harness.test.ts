import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Lambda, type LambdaOptions, startLambda } from '../support/lambda.ts';

let taskRoot: string;
let lambda: Lambda;

beforeEach(async () => {
  taskRoot = await mkdtemp(join(tmpdir(), 'lambda-harness-'));
});

afterEach(async () => {
  await lambda.stop();
  await rm(taskRoot, { recursive: true });
});

async function startSource(source: string, options: Partial<LambdaOptions> = {}): Promise<Lambda> {
  await writeFile(join(taskRoot, 'index.mjs'), source);
  lambda = await startLambda({ taskRoot, handler: 'index.handler', ...options });
  return lambda;
}

test('invokes the same process again, with event, context and environment', async () => {
  const { invoke } = await startSource(
    `let calls = 0;
     export const handler = async (event, context) => ({
       calls: ++calls, event, node: process.versions.node.split('.')[0], variable: process.env.A_VARIABLE,
       memory: context.memoryLimitInMB, hasTime: context.getRemainingTimeInMillis() > 4000,
     });`,
    { env: { A_VARIABLE: 'value' }, memoryMb: 128, timeoutMs: 5_000 },
  );
  const value = { calls: 1, event: { a: 1 }, node: '24', variable: 'value', memory: '128', hasTime: true };
  expect(await invoke({ a: 1 })).toEqual({ kind: 'result', value });
  expect(await invoke({ a: 2 })).toMatchObject({ kind: 'result', value: { calls: 2, event: { a: 2 } } });
});

test('reports what a handler throws and logs it', async () => {
  const { invoke, logs } = await startSource(
    `export const handler = async () => { throw new RangeError('no'); };`,
  );
  const error = { errorType: 'RangeError', errorMessage: 'no' };
  expect(await invoke({})).toMatchObject({ kind: 'error', error });
  await expect.poll(logs).toContain('RangeError');
});

test.each([
  ['a throw at import', `throw new Error('at import');`, 'Error'],
  ['a missing export', `export const other = 1;`, 'Runtime.HandlerNotFound'],
  ['a syntax error', `export const handler = (`, 'Runtime.UserCodeSyntaxError'],
  [
    'a callback handler',
    `export const handler = (event, context, callback) => callback(null);`,
    'Runtime.CallbackHandlerDeprecated',
  ],
])('reports %s as an error of the initialisation', async (_, source, errorType) => {
  const { invoke } = await startSource(source);
  expect(await invoke({})).toMatchObject({ kind: 'initError', error: { errorType } });
});

test('kills an invocation that takes too long', async () => {
  const { invoke } = await startSource(
    'export const handler = () => new Promise(() => setInterval(() => {}, 1000));',
    {
      timeoutMs: 300,
    },
  );
  expect(await invoke({})).toEqual({ kind: 'timedOut' });
  expect(await invoke({})).toEqual({ kind: 'crashed', code: null, signal: 'SIGKILL' });
});

test('tells when the process ends in a handler', async () => {
  const { invoke } = await startSource('export const handler = async () => process.exit(7);');
  expect(await invoke({})).toEqual({ kind: 'crashed', code: 7, signal: null });
});

test('a frozen function answers nothing until it is thawed', async () => {
  const { invoke, freeze, thaw } = await startSource('export const handler = async (event) => event;');
  expect(await invoke('first')).toEqual({ kind: 'result', value: 'first' });
  freeze();
  let answered = false;
  const second = invoke('second').finally(() => {
    answered = true;
  });
  await startSourceElsewhere();
  expect(answered).toBe(false);
  thaw();
  expect(await second).toEqual({ kind: 'result', value: 'second' });
});

/** Another function's whole life: longer than an answer would take. */
async function startSourceElsewhere(): Promise<void> {
  const other = await startLambda({ taskRoot, handler: 'index.handler' });
  expect(await other.invoke('other')).toEqual({ kind: 'result', value: 'other' });
  await other.stop();
}

test('passes what goes to standard output on as it is, and wraps the console', async () => {
  const { invoke, logs } = await startSource(
    `export const handler = async () => { process.stdout.write('{"raw":1}\\n'); console.log('wrapped'); };`,
  );
  expect(await invoke({})).toEqual({ kind: 'result', value: null });
  await expect.poll(logs).toMatch(/^\{"raw":1\}$/m);
  await expect.poll(logs).toMatch(/"message":"wrapped"/);
});
