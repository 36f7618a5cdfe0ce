import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type LedgerCommand, ledgerCommand } from '../../cli/ledger.ts';
import { createTerminal } from '../../cli/terminal.ts';
import { startS3Double } from '../../doubles/s3/s3.ts';
import { allCollectors } from '../../lib/collectors/all.ts';
import { parseConfig } from '../../lib/config/parse.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { decodeLedger, encodeLedger } from '../../lib/ledger/document.ts';
import { ledgerFaults } from '../../lib/ledger/faults.ts';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import { createSeriesTable } from '../../lib/metrics/series-table.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createS3Store } from '../../lib/stores/s3.ts';
import type { Store } from '../../lib/stores/store.ts';
import { temporaryFolder } from '../stores/folder.ts';
import { createFakeClock } from '../support/clock.ts';
import {
  budgetMs,
  exporterFor,
  inject,
  smallWorkspace,
  startPrefect,
  startTestReceiver,
} from '../tick/scene.ts';
import { createTickClock } from '../tick/tick-clock.ts';

/** 10:00:00, where fake clocks start; the commands come at 10:05. */
const ten = Date.UTC(2026, 10, 20, 10);
const clock = createFakeClock({ nowMs: ten + 300_000 });

interface Scene {
  readonly environment: Readonly<Record<string, string>>;
  /** The document that a tick made whose push failed: an entry waits in it. */
  readonly body: Uint8Array;
}

let scene: Scene;
let store: Store;

beforeEach(async () => {
  const tickClock = createTickClock();
  const prefect = await startPrefect(smallWorkspace);
  onTestFinished(() => prefect.stop());
  const receiver = await startTestReceiver();
  inject(receiver, () => ({ kind: 'status', status: 503 }));
  const environment = {
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: receiver.writeUrl.href,
    MAX_RETRIES: '0',
    WORKSPACE: 'test',
  };
  const first = createMemoryStore({ clock: tickClock });
  const tick = exporterFor(environment, tickClock, { store: first }).tick(
    ten,
    deadlineIn(budgetMs, tickClock),
  );
  await tickClock.settle(tick.catch(() => undefined));
  const document = await first.load(deadlineIn(1_000, tickClock));
  if (document === undefined) throw new Error('no ledger');
  scene = { environment, body: document.body };
  store = createMemoryStore({ clock });
});

const put = (body: Uint8Array, into = store) => into.save(body, undefined, deadlineIn(1_000, clock));
const stored = async (from = store) => (await from.load(deadlineIn(1_000, clock)))?.body;

function decode(body: Uint8Array | undefined): Ledger {
  const table = createSeriesTable();
  return decodeLedger(body ?? new Uint8Array(), (family, names, values) =>
    table.intern(names, values, family),
  );
}

/** The stored document with a change. */
function changed(change: (ledger: Ledger) => void): Uint8Array {
  const ledger = decode(scene.body);
  change(ledger);
  return encodeLedger(ledger);
}

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function command(
  action: LedgerCommand['action'],
  { yes = false, series = false, json = false, environment = {}, file = false } = {},
): Promise<Outcome> {
  const printed = { out: '', err: '' };
  const stream = (name: keyof typeof printed) => ({
    write: (text: string) => {
      printed[name] += text;
    },
  });
  const { config } = parseConfig(
    { STORE: 'memory:', ...scene.environment, ...environment },
    { readFile: () => '', collectors: allCollectors, sink: 'optional', where: 'command-line' },
  );
  const terminal = createTerminal(stream('out'), stream('err'), {});
  const options = { config, clock, terminal, json, ...(file ? {} : { store }) };
  const status = await ledgerCommand(options, { action, yes, series });
  return { status, ...printed };
}

const elsewhere = { REMOTE_WRITE_URL: 'http://elsewhere:9090/api/v1/write' };

describe('ledger show', () => {
  test('says where it is, how old, how far it came and what waits', async () => {
    await put(scene.body);
    const { status, out, err } = await command('show');
    expect(status).toBe(0);
    expect(err).toBe('');
    expect(out).toMatch(/^place +memory:, [\d ]+ bytes$/m);
    expect(out).toMatch(/^created +2026-11-20T10:00:00\.000Z$/m);
    expect(out).toMatch(/^last tick +2026-11-20T10:00:00\.000Z, 5 min ago$/m);
    expect(out).toMatch(/^finishedRuns +read to 2026-11-20T10:00:00\.000Z, 5 min behind$/m);
    expect(out).toMatch(/^outbox +1 entries, [\d ]+ samples, \d+ of new series, oldest 2026-11-20T10:00:00/m);
    // Four deployments, four ends each.
    expect(out).toMatch(/^ +prefect_flow_runs_finished_total +16$/m);
    expect(out).toMatch(/^ +finished_runs +2026-11-20T10:00:00/m);
    expect(out).not.toContain('ledger-identity');
  });

  test('has the same as JSON', async () => {
    await put(scene.body);
    const { out } = await command('show', { json: true });
    expect(JSON.parse(out)).toMatchObject({
      place: 'memory:',
      bytes: scene.body.byteLength,
      isOwn: true,
      lastTickAgeSeconds: 300,
      sources: { finishedRuns: { cursor: '2026-11-20T10:00:00.000Z', lagSeconds: 300 } },
      series: { prefect_flow_runs_finished_total: 16 },
      outbox: { entries: 1, oldest: '2026-11-20T10:00:00.000Z' },
    });
  });

  test('prints every series and its value', async () => {
    await put(scene.body);
    const { out } = await command('show', { series: true });
    expect(out).toMatch(
      /^prefect_flow_runs_finished_total\{flow="etl",deployment="nightly",.*state_type="FAILED".*\} 0$/m,
    );
  });

  test('shows the ledger of somebody else, and says so', async () => {
    await put(scene.body);
    const { status, out } = await command('show', { environment: elsewhere });
    expect(status).toBe(0);
    expect(out).toContain('not to this exporter: ticks refuse it (ledger-identity)');
  });

  test('ends with 1 where there is none, and where it cannot be read', async () => {
    expect(await command('show')).toMatchObject({
      status: 1,
      err: expect.stringContaining('ledger-missing'),
    });
    await put(Buffer.from('not a ledger'));
    expect(await command('show')).toMatchObject({
      status: 1,
      err: expect.stringContaining('ledger-corrupt'),
    });
  });

  test('explains a store that does not answer', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    const environment = { STORE: `file:${file}/ledger.json.gz` };
    expect(await command('show', { environment, file: true })).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^store-/),
    });
  });
});

describe('ledger verify', () => {
  test('finds nothing wrong with what a tick wrote', async () => {
    await put(scene.body);
    expect(await command('verify')).toMatchObject({ status: 0, out: 'memory: is sound.\n', err: '' });
  });

  test('names what is wrong and ends with 1', async () => {
    await put(
      changed(({ sources }) => {
        sources.finishedRuns.readFromUs = sources.finishedRuns.cursorUs + 1e6;
      }),
    );
    const { status, err } = await command('verify');
    expect(status).toBe(1);
    expect(err).toContain('ledger-inconsistent');
    expect(err).toContain('finishedRuns: reading starts at 2026-11-20T10:00:01.000Z, after the cursor');
    expect(JSON.parse((await command('verify', { json: true })).out).faults).toHaveLength(1);
  });
});

describe('ledgerFaults', () => {
  const histogram = (counts: number[], sumUs: number) => ({
    kind: 'histogram' as const,
    family: 'h',
    labels: {},
    createdMs: ten,
    changedMs: ten,
    bornIn: undefined,
    bounds: [1, 2],
    counts,
    sumUs,
  });

  test.each<[string, (ledger: Ledger) => void]>([
    ['is before the first', (ledger) => Object.assign(ledger, { lastTickMs: ten - 1 })],
    [
      'is beyond the newest tick',
      ({ sources }) => Object.assign(sources.finishedRuns, { cursorUs: (ten + 61_000) * 1e3 }),
    ],
    ['beyond the cursor', ({ sources }) => Object.assign(sources.finishedRuns, { emittedToMs: ten + 1 })],
    ['remembers 1 ends', ({ sources }) => void sources.finishedRuns.seen.set('a/1', 1)],
    ['has a bucket with the count 0.5', ({ own }) => void own.set('h', histogram([0.5, 0, 0], 1))],
    ['has 2 buckets for 2 bounds', ({ own }) => void own.set('h', histogram([1, 0], 1))],
    ['has the sum 0.5 µs', ({ own }) => void own.set('h', histogram([1, 0, 0], 0.5))],
    ['is not before the next one', ({ outbox }) => Object.assign(outbox, { nextId: 1 })],
    ['were tried', ({ outbox }) => Object.assign(outbox, { triedThrough: 99 })],
    ['comes after entry 1', ({ outbox }) => void outbox.entries.push(...outbox.entries)],
    ['comes after one of', ({ outbox }) => void outbox.entries.push(...outbox.entries)],
    [
      'has a series twice',
      ({ outbox: { entries } }) => {
        const [entry] = entries;
        if (entry !== undefined) entries[0] = { ...entry, ended: entry.series.slice(0, 1) };
      },
    ],
    [
      'births of series that are not in it',
      ({ outbox: { entries } }) => {
        const stranger = { family: 'x', names: ['__name__'], values: ['x'] };
        if (entries[0] !== undefined) entries[0].births = [stranger];
      },
    ],
    ['it is another ledger', ({ own }) => void own.set('another key', histogram([1, 0, 0], 1))],
  ])('%s', (words, change) => {
    const ledger = decode(scene.body);
    expect(ledgerFaults(ledger, ten)).toEqual([]);
    change(ledger);
    expect(ledgerFaults(ledger, ten).join('\n')).toContain(words);
  });

  test('has a value that no counter has', () => {
    const ledger = decode(scene.body);
    const [series] = ledger.own.values();
    if (series?.kind !== 'counter') throw new Error('no counter');
    series.value = Number.POSITIVE_INFINITY;
    expect(ledgerFaults(ledger, ten).join('\n')).toContain('has the value Infinity');
  });
});

describe('ledger reset', () => {
  test('says what would be lost, and does nothing without --yes', async () => {
    await put(scene.body);
    const { status, err } = await command('reset');
    expect(status).toBe(2);
    expect(err).toMatch(/ledger-unconfirmed .*counters begin at 0 again, and receivers see a reset/);
    expect(err).toMatch(/\d+ samples that wait would never be sent/);
    expect(err).toContain('ledger reset --yes');
    expect(await stored()).toEqual(scene.body);
  });

  test('removes the document', async () => {
    await put(scene.body);
    expect(await command('reset', { yes: true })).toMatchObject({
      status: 0,
      out: 'memory: is removed; there is no copy.\n',
    });
    expect(await stored()).toBeUndefined();
    expect(await command('reset', { yes: true })).toMatchObject({ status: 0 });
  });

  test('copies a file first, also one that cannot be read', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'ledger.json.gz');
    await put(Buffer.from('no ledger'), createFileStore({ path, clock }));
    const environment = { STORE: `file:${path}` };
    expect(await command('reset', { environment, file: true })).toMatchObject({
      status: 2,
      err: expect.stringContaining('a document that cannot be read'),
    });
    const { status, out } = await command('reset', { environment, file: true, yes: true });
    expect(status).toBe(0);
    expect(out).toContain(`a copy is at file:${path}.20261120T100500Z.bak.`);
    expect(await readdir(folder)).toEqual(['ledger.json.gz.20261120T100500Z.bak']);
    expect(await readFile(`${path}.20261120T100500Z.bak`, 'utf8')).toBe('no ledger');
  });
});

test('ledger reset copies an object to a key beside it', async () => {
  const s3 = await startS3Double({ buckets: ['ledgers'] });
  onTestFinished(() => s3.stop());
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' };
  const objectStore = (key: string) => {
    const object = createS3Store({
      ...{ bucket: 'ledgers', key, endpoint: s3.url, region: 'eu-west-1', credentials },
      clock,
    });
    onTestFinished(() => object.close());
    return object;
  };
  await put(scene.body, objectStore('prod/ledger.json.gz'));
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  onTestFinished(() => void vi.unstubAllEnvs());
  const environment = { STORE: 's3://ledgers/prod/ledger.json.gz', S3_ENDPOINT: s3.url.href };
  const { status, out } = await command('reset', { environment, file: true, yes: true });
  expect(status).toBe(0);
  expect(out).toContain('a copy is at s3://ledgers/prod/ledger.json.gz.20261120T100500Z.bak.');
  expect(await stored(objectStore('prod/ledger.json.gz'))).toBeUndefined();
  const copy = await stored(objectStore('prod/ledger.json.gz.20261120T100500Z.bak'));
  expect(Buffer.from(copy ?? [])).toEqual(Buffer.from(scene.body));
});

describe('a ledger that is not there or may not be read', () => {
  test.each(['show', 'verify', 'reset', 'adopt'] as const)('is told by ledger %s', async (action) => {
    const s3 = await startS3Double({ buckets: ['ledgers'], list: false });
    onTestFinished(() => s3.stop());
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    const environment = { STORE: 's3://ledgers/prod/ledger.json.gz', S3_ENDPOINT: s3.url.href };
    const { status, err } = await command(action, { environment, file: true, yes: true });
    expect(status).toBe(1);
    expect(err).toContain('There is no ledger at s3://ledgers/prod/ledger.json.gz, or it may not be read.');
    expect(err).toContain('s3:ListBucket');
    expect(s3.requests.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('ledger adopt', () => {
  test('says whose it is and whose it would be, and does nothing without --yes', async () => {
    await put(scene.body);
    const { status, err } = await command('adopt', { environment: elsewhere });
    expect(status).toBe(2);
    expect(err).toMatch(/found .* to http:\/\/127\.0\.0\.1.*\n {2}expected .* to http:\/\/elsewhere:9090/);
    expect(await stored()).toEqual(scene.body);
  });

  test('changes the identity and nothing else', async () => {
    await put(scene.body);
    const { status, out } = await command('adopt', { environment: elsewhere, yes: true });
    expect(status).toBe(0);
    expect(out).toMatch(/was of .*127\.0\.0\.1.*\n.*is now of .*elsewhere/);
    const before = decode(scene.body);
    const sink = 'http://elsewhere:9090/api/v1/write';
    expect(decode(await stored())).toEqual({ ...before, identity: { ...before.identity, sink } });
    expect((await command('show', { environment: elsewhere })).out).not.toContain('ledger-identity');
  });

  test('has nothing to do for its own', async () => {
    await put(scene.body);
    expect(await command('adopt', { yes: true })).toMatchObject({ status: 0 });
    expect(await stored()).toEqual(scene.body);
  });

  test('refuses what cannot be read', async () => {
    await put(Buffer.from('no ledger'));
    expect(await command('adopt', { yes: true })).toMatchObject({
      status: 1,
      err: expect.stringContaining('ledger-corrupt'),
    });
  });
});
