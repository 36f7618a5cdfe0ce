import { afterAll, beforeAll } from 'vitest';
import { type S3Double, startS3Double } from '../../doubles/s3/s3.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { createS3Store } from '../../lib/stores/s3.ts';
import { describeStore } from '../contracts/store.ts';

let s3: S3Double;
let places = 0;

beforeAll(async () => {
  s3 = await startS3Double({ buckets: ['ledgers'] });
});

afterAll(() => s3.stop());

describeStore('the double of S3', () => {
  places += 1;
  const key = `prod ${places}/ledger.json.gz`;
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' };
  const address = { bucket: 'ledgers', key, endpoint: s3.url, region: 'eu-west-1', credentials };
  return { open: () => createS3Store({ ...address, clock }) };
});
