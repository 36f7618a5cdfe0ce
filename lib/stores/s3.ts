import type { Clock } from '../clock.ts';
import { type Deadline, remainingMs } from '../deadline.ts';
import { defaultBackoff, jitteredDelayMs } from '../http/backoff.ts';
import type { S3Address, S3Connection, S3Content } from './s3-client.ts';
import { inDoubt, isInDoubt, unreadable } from './s3-doubt.ts';
import {
  isMissingObject,
  isPassing,
  isPreconditionFailed,
  mayMeanRemoval,
  type S3Action,
  s3Error,
} from './s3-errors.ts';
import {
  type Store,
  StoreConflictError,
  type StoredDocument,
  StoreError,
  StoreUnclearError,
} from './store.ts';
import { within } from './within.ts';

export interface S3StoreOptions extends S3Address {
  readonly clock: Clock;
  /** For one request with its answer, ms. Default 15 s. */
  readonly timeoutMs?: number;
}

const maxReads = 3;

/**
 * Keeps the document in an object of S3, or of a server that is compatible, by conditional writes. Its version is the
 * ETag. Needs s3:GetObject and s3:PutObject on the object (s3:DeleteObject for `remove`), and not s3:ListBucket: without
 * it a document that is not there cannot be told from one that may not be read (`doubt`) until a save is refused.
 * Reading is tried again; writing is not: who lost the answer has to load.
 */
export function createS3Store(options: S3StoreOptions): Store {
  const { bucket, key, clock, timeoutMs = 15_000 } = options;
  const place = `s3://${bucket}/${key}`;
  let connection: Promise<S3Connection> | undefined;
  let doubt: StoreError | undefined;

  const disconnect = async (): Promise<void> => {
    const open = connection;
    connection = undefined;
    (await open?.catch(() => undefined))?.close();
  };

  /** One call of the SDK, with its error in our words. */
  const call = <Result>(
    action: S3Action,
    deadline: Deadline,
    send: (connected: S3Connection, signal: AbortSignal) => Promise<Result>,
    replaces = false,
  ): Promise<Result> => {
    const late = (what: string) => {
      // Whatever it waits for, credentials among it, is nothing for the next call to wait for, too.
      disconnect();
      if (action !== 'GetObject') return new StoreUnclearError(place, what);
      const isOver = remainingMs(deadline, clock) === 0;
      return new StoreError(place, isOver ? 'timeout' : 'unreachable', what);
    };
    return within({ place, deadline, clock, atMostMs: timeoutMs, late }, async ({ signal }) => {
      try {
        connection ??= import('./s3-client.ts').then(({ connectS3 }) => connectS3(options));
        return await send(await connection, signal);
      } catch (error) {
        throw s3Error({ place, bucket, key, action, replaces }, error);
      }
    });
  };

  const get = { place, bucket, key, action: 'GetObject' } as const;

  const readOnce = (deadline: Deadline): Promise<StoredDocument | undefined> =>
    call('GetObject', deadline, async (connected, signal) => {
      const found = await connected.get(signal).then(documentOf, (error) => {
        if (!isMissingObject(error) && !isInDoubt(error)) throw error;
        return isMissingObject(error) ? undefined : inDoubt(get, error);
      });
      doubt = found instanceof StoreError ? found : undefined;
      return found instanceof StoreError ? undefined : found;
    });

  const load = async (deadline: Deadline): Promise<StoredDocument | undefined> => {
    let before: unknown;
    for (let retries = 0; ; retries += 1) {
      try {
        return await readOnce(deadline);
      } catch (error) {
        // That the time was over says less than why it was used up.
        if (before !== undefined && error instanceof StoreError && error.reason === 'timeout') throw before;
        before = error;
        const delayMs = jitteredDelayMs(retries, defaultBackoff, clock.random);
        const fits = delayMs < remainingMs(deadline, clock);
        if (!isPassing(error) || retries + 1 >= maxReads || !fits) throw error;
        await clock.sleep(delayMs);
      }
    }
  };

  const write = (body: Uint8Array, expected: string | undefined, deadline: Deadline): Promise<string> =>
    call(
      'PutObject',
      deadline,
      async (connected, signal) => {
        const { ETag } = await connected.put(body, expected, signal);
        if (ETag === undefined) throw new StoreUnclearError(place, 'S3 took it and named no ETag');
        doubt = undefined;
        return ETag;
      },
      expected !== undefined,
    );

  /**
   * The error of a save that was refused, once it is known what is there. A document that is in the way and that
   * nobody may read is no lost race; and one that was removed may answer 403 to who wants to replace it.
   */
  const secondLook = async (error: unknown, expected: string | undefined, deadline: Deadline) => {
    const inTheWay = expected === undefined && doubt !== undefined && isPreconditionFailed(error);
    const perhapsRemoved = expected !== undefined && mayMeanRemoval(error);
    if (!inTheWay && !perhapsRemoved) return error;
    const found = await load(deadline).catch(() => 'unknown' as const);
    if (found !== undefined) return error;
    if (inTheWay) return doubt === undefined ? error : unreadable(get, doubt);
    const removed = 'somebody else removed the document since it was loaded';
    const what = doubt === undefined ? removed : `${removed}, or it may not be read and written any more`;
    return new StoreConflictError(place, what, { cause: error });
  };

  return {
    kind: 's3',
    place,
    load,
    doubt: () => doubt,
    save: async (body, expected, deadline) => {
      try {
        return await write(body, expected, deadline);
      } catch (error) {
        throw await secondLook(error, expected, deadline);
      }
    },
    remove: async (deadline) => {
      if ((await load(deadline)) === undefined) {
        if (doubt !== undefined) throw doubt;
        return false;
      }
      return call('DeleteObject', deadline, async (connected, signal) => {
        await connected.delete(signal);
        return true;
      });
    },
    close: disconnect,
  };
}

async function documentOf({ Body, ETag, LastModified }: S3Content): Promise<StoredDocument> {
  if (Body === undefined || ETag === undefined) throw new Error('the answer has no body or no ETag');
  return { body: await Body.transformToByteArray(), version: ETag, modifiedMs: LastModified?.getTime() };
}
