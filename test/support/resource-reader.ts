import type { ResourceName, ResourceReader, Resources } from '../../lib/prefect/resources.ts';

export interface RecordingReader extends ResourceReader {
  /** What was asked for, in order. */
  readonly asked: readonly ResourceName[];
}

/** Hands out `resources`; a name in `failing` rejects with its error, or never settles for `'hangs'`. */
export function createReader(
  resources: Resources,
  failing: Partial<Record<ResourceName, Error | 'hangs'>> = {},
): RecordingReader {
  const asked: ResourceName[] = [];
  return {
    asked,
    get: (name) => {
      asked.push(name);
      const failure = failing[name];
      if (failure === 'hangs') return new Promise(() => {});
      return failure === undefined ? Promise.resolve(resources[name]) : Promise.reject(failure);
    },
  };
}
