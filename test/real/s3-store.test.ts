// The S3 store against moto, a server that speaks S3 and that others than us maintain.
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { createS3Store } from '../../lib/stores/s3.ts';
import { describeStore } from '../contracts/store.ts';
import { type MotoServer, startMoto } from '../support/real/moto.ts';
import { requireServer } from '../support/real/require-server.ts';

const required = await requireServer('moto');

describe.skipIf(required.missing)('with moto', () => {
  let moto: MotoServer;
  let places = 0;

  beforeAll(async () => {
    moto = await startMoto(required);
    const { region, credentials, url } = moto;
    const client = new S3Client({ endpoint: url.href, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'ledgers' }));
    client.destroy();
  });

  afterAll(() => moto?.stop());

  const open = (bucket: string, key: string) => {
    const { region, credentials, url: endpoint } = moto;
    return createS3Store({ bucket, key, endpoint, region, credentials, clock });
  };

  describeStore('moto', () => {
    places += 1;
    const key = `prod ${places}/ledger.json.gz`;
    return { open: () => open('ledgers', key) };
  });

  it('tells a bucket that is not there from a document that is not there', async () => {
    const store = open('no-such-bucket', 'ledger.json.gz');
    const soon = deadlineIn(20_000, clock);
    const missing = expect.objectContaining({ name: 'StoreError', reason: 'not-found' });
    await expect(store.load(soon)).rejects.toEqual(missing);
    await expect(store.save(new Uint8Array(1), undefined, soon)).rejects.toEqual(missing);
    await expect(store.save(new Uint8Array(1), '"etag"', soon)).rejects.toEqual(missing);
    await store.close();
  });

  it('says when a document was written', async () => {
    const store = open('ledgers', 'dated');
    const soon = deadlineIn(20_000, clock);
    await store.save(new Uint8Array(1), undefined, soon);
    // Whole seconds, by the clock of this same machine.
    const stored = await store.load(soon);
    expect(stored?.modifiedMs).toBeGreaterThan(clock.now() - 60_000);
    expect(stored?.modifiedMs).toBeLessThanOrEqual(clock.now() + 1_000);
    await store.close();
  });
});
