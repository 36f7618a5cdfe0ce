// The section of the store in the report, with stores as they are configured.
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type S3Double, startS3Double } from '../../doubles/s3/s3.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import type { S3StoreConfig, StoreConfig } from '../../lib/config/config.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { checkReport, formatCheck } from '../../lib/doctor/report.ts';
import { checkStore } from '../../lib/doctor/store.ts';
import { encodeLedger } from '../../lib/ledger/document.ts';
import { createLedger } from '../../lib/ledger/ledger.ts';
import { openStore } from '../../lib/stores/open-store.ts';
import { temporaryFolder } from '../stores/folder.ts';

const soon = () => deadlineIn(20_000, clock);
const identity = {
  prefect: 'http://prefect.example:4200/api',
  sink: 'http://prometheus.example/api/v1/write',
};
const check = async (config: StoreConfig): Promise<string[]> =>
  formatCheck(checkReport([await checkStore(config, { clock, identity }, soon())])).split('\n');

/** A ledger whose newest tick is then. */
const aDocument = (lastTickMs: number, own = identity): Uint8Array =>
  encodeLedger({ ...createLedger('ledger-1', own, lastTickMs), lastTickMs });
const sizeOf = (body: Uint8Array): string => `${(body.length / 1024).toFixed(1)} KiB`;

describe('a file', () => {
  const fileAt = (path: string): StoreConfig => ({ kind: 'file', path, ledger: true });

  it('that is not there is new, and nothing is made', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'state/deeper/ledger.json.gz');
    expect(await check(fileAt(path))).toEqual([
      `store          ok       file:${path}, new: the first tick makes it`,
      '                        it can be written',
    ]);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    [3, '3 s'],
    [119, '119 s'],
    [600, '10 min'],
    [86_400, '24 h'],
  ])('that is there says its size and age, %d s', async (seconds, age) => {
    const path = join(await temporaryFolder(), 'ledger.json.gz');
    const body = aDocument(1_800_000_000_000);
    writeFileSync(path, body);
    const still = { ...clock, now: () => 1_800_000_000_000 };
    utimesSync(path, 1_800_000_000 - seconds, 1_800_000_000 - seconds);
    const section = await checkStore(fileAt(path), { clock: still, identity }, deadlineIn(20_000, still));
    expect(section.facts[0]).toBe(`file:${path}, ${sizeOf(body)}, written ${age} ago`);
    expect(await readdir(join(path, '..'))).toEqual(['ledger.json.gz']);
  });

  it.each<[string, Uint8Array]>([
    ['ledger-corrupt', Buffer.from('garbage')],
    ['ledger-ahead', aDocument(clock.now() + 7_200_000)],
    ['ledger-identity', aDocument(clock.now(), { ...identity, prefect: 'http://other.example/api' })],
  ])('with a document that every tick would refuse is a problem, %s', async (slug, body) => {
    const path = join(await temporaryFolder(), 'ledger.json.gz');
    writeFileSync(path, body);
    const printed = await check(fileAt(path));
    expect(printed[0]).toBe('store          failed');
    expect(printed[1]).toContain(slug);
  });

  it('that is a folder, or below a file, is a problem', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'ledger.json.gz'));
    writeFileSync(join(folder, 'file'), '');
    const [below, itself] = [join(folder, 'file/ledger.json.gz'), join(folder, 'ledger.json.gz')];
    expect(await check(fileAt(itself))).toEqual([
      'store          failed',
      `    store-failed  The ledger at file:${itself} cannot be used.`,
      `      found     file:${itself}: cannot be read: the path is a folder, not a file (EISDIR)`,
      '      do        look at the path in STORE: it names a file in a folder that may be written',
    ]);
    expect((await check(fileAt(below)))[2]).toContain('a part of the path is a file, not a folder (ENOTDIR)');
  });
});

describe('memory', () => {
  it('says what it is not', async () => {
    expect(await check({ kind: 'memory', ledger: true })).toEqual([
      'store          ok       memory:, new: the first tick makes it',
      '                        it is forgotten when this process ends',
    ]);
    expect((await check({ kind: 'memory', ledger: false }))[1]).toContain('no counters and histograms');
  });
});

describe('S3', () => {
  let s3: S3Double;
  let config: S3StoreConfig;

  beforeEach(async () => {
    s3 = await startS3Double({ buckets: ['ledgers'] });
    onTestFinished(() => s3.stop());
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
    const [bucket, key] = ['ledgers', 'prod/ledger.json.gz'];
    config = { kind: 's3', bucket, key, endpoint: s3.url, region: undefined, ledger: true };
    return () => vi.unstubAllEnvs();
  });

  it('is read and never written', async () => {
    expect(await check(config)).toEqual([
      'store          ok       s3://ledgers/prod/ledger.json.gz, new: the first tick makes it',
      '                        whether it can be written shows at the first tick',
    ]);
    const store = openStore(config, clock);
    const body = aDocument(clock.now());
    await store.save(body, undefined, soon());
    await store.close();
    const [printed = ''] = await check(config);
    expect(printed).toContain(`s3://ledgers/prod/ledger.json.gz, ${sizeOf(body)}, written `);
    expect(printed).toMatch(/ \d+ s ago$/);
    expect(s3.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
  });

  it('is asked in the region of the configuration, which may come from a file', async () => {
    await check(config);
    await check({ ...config, region: 'us-east-1' });
    const scopes = s3.requests.map(({ headers }) => /[^/]+(?=\/s3\/)/.exec(headers.authorization ?? '')?.[0]);
    expect(scopes).toEqual(['eu-west-1', 'us-east-1']);
  });

  it('that refuses says which permission is missing', async () => {
    Object.assign(s3.permissions, { get: false, named: true });
    expect(await check(config)).toEqual([
      'store          failed',
      '    store-denied  The ledger at s3://ledgers/prod/ledger.json.gz may not be read or written.',
      '      found     s3://ledgers/prod/ledger.json.gz: S3 does not allow s3:GetObject on arn:aws:s3:::ledgers/prod/ledger.json.gz',
      '      do        allow s3:GetObject and s3:PutObject on arn:aws:s3:::ledgers/prod/ledger.json.gz; of a bucket with a key of its own kms:Decrypt and kms:GenerateDataKey on that key',
    ]);
  });

  it.each([
    ['that does not say whether there is a document', { list: false }],
    ['that does not say why it refuses', { list: false, get: false }],
  ])('%s is told as it is', async (_, permissions) => {
    Object.assign(s3.permissions, permissions);
    expect(await check(config)).toEqual([
      'store          ok       s3://ledgers/prod/ledger.json.gz, new, or it may not be read (s3:GetObject): the first tick makes it, or says so',
      '                        whether it can be written shows at the first tick',
    ]);
  });

  it('without a region says which variable names one', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    expect((await check(config)).join('\n')).toContain('no region: AWS_REGION is not set');
  });

  it('without credentials says so', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const printed = (await check(config)).join('\n');
    expect(printed).toContain('store-denied');
    expect(printed).toContain('no AWS credentials');
  });
});
