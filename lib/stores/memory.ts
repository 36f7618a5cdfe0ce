import type { Clock } from '../clock.ts';
import { type Store, StoreConflictError, type StoredDocument } from './store.ts';
import { within } from './within.ts';

const place = 'memory:';

/** Keeps the document as long as the process lives. Another process has another one. */
export function createMemoryStore({ clock }: { readonly clock: Clock }): Store {
  let stored: StoredDocument | undefined;
  let saves = 0;
  return {
    kind: 'memory',
    place,
    load: (deadline) => within({ place, deadline, clock }, async () => stored && copyOf(stored)),
    doubt: () => undefined,
    save: (body, expected, deadline) =>
      within({ place, deadline, clock }, async () => {
        if (stored?.version !== expected) {
          throw new StoreConflictError(place, 'somebody else wrote the document since it was loaded');
        }
        saves += 1;
        stored = { body: new Uint8Array(body), version: String(saves), modifiedMs: clock.now() };
        return stored.version;
      }),
    remove: (deadline) =>
      within({ place, deadline, clock }, async () => {
        const was = stored !== undefined;
        stored = undefined;
        return was;
      }),
    close: async () => undefined,
  };
}

/** Neither side sees what the other does to its bytes. (The `slice` of a Buffer is no copy.) */
const copyOf = ({ body, ...rest }: StoredDocument): StoredDocument => ({
  ...rest,
  body: new Uint8Array(body),
});
