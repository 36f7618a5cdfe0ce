// What a cold start has to read. How long that takes is measured by bench/cold-import.ts, not here.
import { stat } from 'node:fs/promises';
import type { Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesByPart, readWith } from '../../bench/cold-import.ts';
import type { Bundles } from '../../scripts/build-bundles.ts';
import { buildForTest } from '../support/bundle.ts';

/** What is read before the first invocation: `index.mjs`, and what it imports outright. */
function atStart({ inputs, outputs }: Metafile): Metafile {
  const reached = readWith(outputs, 'dist/push-metrics/index.mjs');
  return {
    inputs,
    outputs: Object.fromEntries(Object.entries(outputs).filter(([path]) => reached.has(path))),
  };
}

describe("the function's bundle", () => {
  let bundles: Bundles;
  let parts: ReadonlyMap<string, number>;
  let sources: readonly string[];

  beforeAll(async () => {
    bundles = await buildForTest('budget');
    parts = bytesByPart(atStart(bundles.functionMetafile));
    sources = Object.keys(bundles.functionMetafile.inputs);
  });

  it('is smaller than 1.2 MB', async () => {
    const { size } = await stat(`${bundles.functionFolder}/index.mjs`);
    expect(size).toBeLessThan(1_200_000);
    expect(size).toBeGreaterThan(300_000);
  });

  it('is smaller than 1.75 MB with what it imports on first use', () => {
    // The AWS SDK takes 0.5 MB of it, in files that a cold start without S3 and signatures does not read.
    const total = [...bytesByPart(bundles.functionMetafile).values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeLessThan(1_750_000);
    expect(total).toBeGreaterThan(1_000_000);
  });

  it('has one zod, without its translations and its other builds', () => {
    // Everything that is in `import { z }` takes 440 kB.
    expect(parts.get('zod')).toBeLessThan(120_000);
    const folders = new Set(
      sources.flatMap((path) => /node_modules\/zod\/(v\d\/\w+)\//.exec(path)?.[1] ?? []),
    );
    expect(folders).toEqual(new Set(['v4/core', 'v4/classic', 'v4/locales']));
    const { outputs } = bundles.functionMetafile;
    const bundled = Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    );
    expect(bundled.filter((path) => path.includes('zod/v4/locales/'))).toEqual([
      'node_modules/zod/v4/locales/en.js',
    ]);
  });

  it('has nothing at its start but what the function needs', () => {
    const packages = [...parts.keys()].filter((part) => !/^(?:lib|functions)(?:\/|$)/.test(part));
    expect(packages.sort()).toEqual([
      '@opentelemetry/api', // of prom-client
      'bintrees', // of prom-client
      'fastest-levenshtein',
      'prom-client',
      'snappyjs',
      'tdigest', // of prom-client
      'undici',
      'zod',
    ]);
    const all = [...bytesByPart(bundles.functionMetafile).keys()];
    const later = all.filter((part) => !parts.has(part) && !part.startsWith('lib/'));
    expect(later.filter((part) => !/^@(?:aws-sdk|smithy)\//.test(part))).toEqual([
      'bowser', // of @aws-sdk/core
    ]);
    expect(sources.filter((path) => /^(?:cli|doubles|demo|test|bench)\//.test(path))).toEqual([]);
  });
});
