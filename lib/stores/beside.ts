import type { StoreConfig } from '../config/config.ts';

/** Where a second document is kept, in the same folder or bucket; undefined where there is no such place. */
export function besideStore(config: StoreConfig, suffix: string): StoreConfig | undefined {
  switch (config.kind) {
    case 'memory':
      return undefined;
    case 'file':
      return { ...config, path: `${config.path}${suffix}` };
    case 's3':
      return { ...config, key: `${config.key}${suffix}` };
  }
}
