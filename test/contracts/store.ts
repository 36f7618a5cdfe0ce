import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { deadlineAt, deadlineIn } from '../../lib/deadline.ts';
import { type Store, StoreConflictError, StoreError } from '../../lib/stores/store.ts';

export interface StorePlace {
  /** Opens the place, empty at first; each call is another process's view of the same document. */
  open(): Store;
  /** Whether it can be known that there is no document (`Store.doubt`). Default true. */
  readonly knowsAbsence?: boolean;
}

const soon = () => deadlineIn(20_000, systemClock);
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** What every store does. `newPlace` makes an empty place for one test. */
export function describeStore(name: string, newPlace: () => StorePlace | Promise<StorePlace>): void {
  describe(`the store in ${name}`, () => {
    let place: StorePlace;
    let store: Store;

    const open = (): Store => {
      const opened = place.open();
      onTestFinished(() => opened.close());
      return opened;
    };
    const content = async (): Promise<string | undefined> => {
      const stored = await open().load(soon());
      return stored === undefined ? undefined : Buffer.from(stored.body).toString('utf8');
    };

    const knows = () => place.knowsAbsence !== false;
    /** The result, or the reason of the error. */
    const removal = () => store.remove(soon()).catch(({ reason }: StoreError) => reason);

    beforeEach(async () => {
      place = await newPlace();
      store = place.open();
      return () => store.close();
    });

    it('has nothing at first', async () => {
      expect(store.doubt()).toBeUndefined();
      expect(await store.load(soon())).toBeUndefined();
      expect(store.doubt()?.reason).toBe(knows() ? undefined : 'denied');
      expect(await removal()).toBe(knows() ? false : 'denied');
    });

    it('has no doubt about what it has read or written', async () => {
      await store.load(soon());
      const version = await store.save(bytes('one'), undefined, soon());
      expect(store.doubt()).toBeUndefined();
      expect(await store.load(soon())).toMatchObject({ version });
      expect(store.doubt()).toBeUndefined();
    });

    it('makes a document only where there is none', async () => {
      const version = await store.save(bytes('one'), undefined, soon());
      expect(await open().load(soon())).toMatchObject({ version });
      await expect(store.save(bytes('two'), undefined, soon())).rejects.toThrow(StoreConflictError);
      expect(await content()).toBe('one');
    });

    it('replaces only the version that is named', async () => {
      const first = await store.save(bytes('one'), undefined, soon());
      const second = await store.save(bytes('two'), first, soon());
      expect(second).not.toBe(first);
      expect(await content()).toBe('two');
      await expect(store.save(bytes('three'), first, soon())).rejects.toThrow(StoreConflictError);
      expect(await content()).toBe('two');
      await store.save(bytes('three'), second, soon());
      expect(await content()).toBe('three');
    });

    it('gives the version of what is loaded, for saving it', async () => {
      await store.save(bytes('one'), undefined, soon());
      const loaded = await open().load(soon());
      await open().save(bytes('two'), loaded?.version, soon());
      expect(await content()).toBe('two');
    });

    it('removes, and what was removed cannot be replaced', async () => {
      const version = await store.save(bytes('one'), undefined, soon());
      expect(await store.remove(soon())).toBe(true);
      expect(await store.load(soon())).toBeUndefined();
      expect(await removal()).toBe(knows() ? false : 'denied');
      await expect(store.save(bytes('two'), version, soon())).rejects.toThrow(StoreConflictError);
      expect(await content()).toBeUndefined();
      await store.save(bytes('two'), undefined, soon());
      expect(await content()).toBe('two');
    });

    it('lets exactly one of two writers win, in each of 50 rounds', async () => {
      const writers = [store, open()];
      let version: string | undefined;
      for (let round = 0; round < 50; round += 1) {
        const expected = version;
        const saves = writers.map((writer, n) => writer.save(bytes(`${round} by ${n}`), expected, soon()));
        const results = await Promise.allSettled(saves);
        const won = results.flatMap((result, n) => (result.status === 'fulfilled' ? [n] : []));
        expect(won, `round ${round}`).toHaveLength(1);
        const [loser] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
        expect(loser).toBeInstanceOf(StoreConflictError);
        expect(await content()).toBe(`${round} by ${won[0]}`);
        version = (await store.load(soon()))?.version;
      }
    });

    it('keeps bytes as they are, all 256 of them and five million by chance', async () => {
      const every = Uint8Array.from({ length: 256 }, (_, n) => n);
      const version = await store.save(every, undefined, soon());
      const first = await open().load(soon());
      expect(Buffer.from(first?.body ?? []).equals(every)).toBe(true);
      const large = randomBytes(5_000_000);
      await store.save(large, version, soon());
      const second = await open().load(soon());
      expect(Buffer.from(second?.body ?? []).equals(large)).toBe(true);
    });

    it('keeps an empty document apart from none', async () => {
      await store.save(new Uint8Array(), undefined, soon());
      expect((await open().load(soon()))?.body).toHaveLength(0);
    });

    it('is not changed by what a caller does to its bytes afterwards', async () => {
      const body = bytes('one');
      await store.save(body, undefined, soon());
      body.fill(0);
      (await store.load(soon()))?.body.fill(0);
      expect(await content()).toBe('one');
    });

    it('does nothing when the deadline is over', async () => {
      const over = deadlineAt(systemClock.now() - 1);
      const late = expect.objectContaining({ name: 'StoreError', reason: 'timeout', place: store.place });
      await expect(store.save(bytes('one'), undefined, over)).rejects.toEqual(late);
      await expect(store.load(over)).rejects.toEqual(late);
      expect(await content()).toBeUndefined();
      await store.save(bytes('one'), undefined, soon());
      await expect(store.remove(over)).rejects.toEqual(late);
      expect(await content()).toBe('one');
    });

    it('can be used again after it was closed', async () => {
      const version = await store.save(bytes('one'), undefined, soon());
      await store.close();
      await store.save(bytes('two'), version, soon());
      await store.close();
      await store.close();
      expect(await content()).toBe('two');
    });

    it('names its place in every error', async () => {
      await store.save(bytes('one'), undefined, soon());
      const error = await store.save(bytes('two'), 'no such version', soon()).catch((reason) => reason);
      expect(error).toBeInstanceOf(StoreError);
      expect(error.message.startsWith(`${store.place}: `)).toBe(true);
    });
  });
}
