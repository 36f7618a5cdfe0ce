import { afterAll, beforeAll } from 'vitest';
import { type S3Double, startS3Double } from '../../doubles/s3/s3.ts';
import { systemClock as clock } from '../../lib/clock.ts';
import { createS3Store } from '../../lib/stores/s3.ts';
import { describeStore } from '../contracts/store.ts';

let s3: S3Double;
let withoutList: S3Double;
let sayingSo: S3Double;
let places = 0;

beforeAll(async () => {
  const buckets = ['ledgers'];
  s3 = await startS3Double({ buckets });
  withoutList = await startS3Double({ buckets, list: false });
  sayingSo = await startS3Double({ buckets, list: false, named: true });
});

afterAll(() => Promise.all([s3, withoutList, sayingSo].map((double) => double?.stop())));

const placeIn = (double: S3Double, knowsAbsence: boolean) => {
  places += 1;
  const key = `prod ${places}/ledger.json.gz`;
  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' };
  const address = { bucket: 'ledgers', key, endpoint: double.url, region: 'eu-west-1', credentials };
  return { open: () => createS3Store({ ...address, clock }), knowsAbsence };
};

describeStore('the double of S3', () => placeIn(s3, true));

describeStore('the double of S3 without s3:ListBucket', () => placeIn(withoutList, false));

describeStore('the double of S3 without s3:ListBucket, which says so', () => placeIn(sayingSo, false));
