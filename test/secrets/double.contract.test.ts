import { afterAll } from 'vitest';
import { describeSecrets } from '../contracts/secrets.ts';
import { openDoublePlace } from './double-place.ts';

let stop = async (): Promise<void> => undefined;
afterAll(() => stop());

describeSecrets('the double', async () => {
  const place = await openDoublePlace();
  stop = place.double.stop;
  return place;
});
