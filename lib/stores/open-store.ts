import type { Clock } from '../clock.ts';
import type { StoreConfig } from '../config/config.ts';
import type { Deadline } from '../deadline.ts';
import { createFileStore, probeFolder } from './file.ts';
import { createMemoryStore } from './memory.ts';
import { createS3Store } from './s3.ts';
import type { Store } from './store.ts';

/** The store that is configured. Nothing is opened before its first use. */
export function openStore(config: StoreConfig, clock: Clock): Store {
  switch (config.kind) {
    case 'memory':
      return createMemoryStore({ clock });
    case 'file':
      return createFileStore({ path: config.path, clock });
    case 's3': {
      const { bucket, key, endpoint, region } = config;
      return createS3Store({ bucket, key, endpoint, region, clock });
    }
  }
}

/**
 * Tries as much of a save as leaves no trace. Resolves with whether that proves that a save would work; rejects with
 * `StoreError`.
 */
export async function probeStore(config: StoreConfig, clock: Clock, deadline: Deadline): Promise<boolean> {
  if (config.kind !== 'file') return config.kind === 'memory';
  await probeFolder({ path: config.path, clock }, deadline);
  return true;
}
