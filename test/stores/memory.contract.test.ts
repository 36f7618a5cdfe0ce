import { systemClock as clock } from '../../lib/clock.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { describeStore } from '../contracts/store.ts';

describeStore('memory', () => {
  const store = createMemoryStore({ clock });
  return { open: () => store };
});
