import { type Store, StoreError, StoreUnclearError } from '../../lib/stores/store.ts';
import type { Invocation } from './invocation.ts';
import type { StoreFault } from './schedule.ts';

/** A store as one container sees it: slow, and each invocation meets at most one fault in it. */
export interface FaultyStore extends Store {
  begin(invocation: Invocation): void;
  /** That which began last. */
  invocation(): Invocation;
}

/** @param onSaved called when something was written, whatever its writer hears of it */
export function createFaultyStore(shared: Store, onSaved: (invocation: Invocation) => void): FaultyStore {
  let current: Invocation | undefined;
  let fault: StoreFault | undefined;

  const invocation = (): Invocation => {
    if (current === undefined) throw new Error('no invocation');
    return current;
  };
  const meets = (which: StoreFault): boolean => {
    if (fault !== which) return false;
    fault = undefined;
    return true;
  };
  return {
    ...shared,
    invocation,
    begin(next) {
      current = next;
      fault = next.plan.store;
    },
    async load(deadline) {
      await invocation().step();
      if (meets('load-fails')) throw new StoreError(shared.place, 'unreachable', 'no answer');
      const document = await shared.load(deadline);
      await invocation().step();
      return document;
    },
    async save(body, expected, deadline) {
      await invocation().step();
      if (meets('save-fails')) throw new StoreError(shared.place, 'unreachable', 'no connection');
      const version = await shared.save(body, expected, deadline);
      onSaved(invocation());
      await invocation().written();
      if (meets('answer-lost')) throw new StoreUnclearError(shared.place, 'no answer');
      return version;
    },
  };
}
