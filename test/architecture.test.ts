import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Imports point down this list only; files of one layer may import each other. The first match counts. */
const layers: readonly (readonly string[])[] = [
  ['functions/', 'cli/'],
  [
    'lib/exporter.ts',
    'lib/session.ts',
    'lib/live-wiring.ts',
    'lib/side-credentials.ts',
    'lib/check.ts',
    'lib/preview.ts',
    'lib/backfill/',
  ],
  ['lib/doctor/', 'lib/tick.ts', 'lib/tick-report.ts', 'lib/tick-session.ts', 'lib/emf.ts'],
  ['lib/diagnosis/'],
  ['lib/report.ts', 'lib/advance.ts', 'lib/deliver.ts'],
  ['lib/limit.ts', 'lib/stored-ledger.ts', 'lib/ledger-settings.ts', 'lib/receiver-identity.ts'],
  ['lib/gather.ts'],
  ['lib/ledger/', 'lib/collectors/', 'lib/compat/', 'lib/sinks/', 'lib/stores/'],
  ['lib/encode/', 'lib/prefect/'],
  ['lib/http/', 'lib/secrets/'],
  ['lib/metrics/', 'lib/config/', 'lib/'],
];

interface Source {
  readonly path: string;
  readonly text: string;
}

const sourcesBelow = (folder: string): Source[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

const product = ['lib', 'functions', 'cli'].flatMap(sourcesBelow);

const importsOf = ({ path, text }: Source): string[] =>
  [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s+['"](\.[^'"]+)['"]/g)].map((match) =>
    relative(root, normalize(join(root, dirname(path), match[1] ?? ''))),
  );

const layerOf = (path: string): number =>
  layers.findIndex((layer) =>
    layer.some((prefix) => (prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix)),
  );

/** Code without its comments and strings, so that prose about a rule does not break it. */
const code = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");

const breaking = (sources: readonly Source[], pattern: RegExp, allowed: readonly string[] = []): string[] =>
  sources
    .filter(({ path }) => !allowed.some((prefix) => path.startsWith(prefix)))
    .filter(({ text }) => pattern.test(code(text)))
    .map(({ path }) => path);

describe('architecture', () => {
  it('finds the sources', () => {
    expect(product.length).toBeGreaterThan(30);
    expect(product.flatMap(importsOf).length).toBeGreaterThan(100);
  });

  it('imports point down the layers only', () => {
    const upward = product.flatMap((source) =>
      importsOf(source)
        .filter((target) => layerOf(target) < layerOf(source.path))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it('every product file has a layer, and none imports doubles, demo, scripts or tests', () => {
    const outside = product.flatMap((source) =>
      importsOf(source)
        .filter((target) => layerOf(target) === -1)
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(outside).toEqual([]);
    expect(product.filter(({ path }) => layerOf(path) === -1)).toEqual([]);
  });

  it('has no import cycles', () => {
    const graph = new Map(product.map((source) => [source.path, importsOf(source)]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      state.set(path, 'open');
      for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
      state.set(path, 'done');
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('reads the environment only in functions/ and cli/', () => {
    expect(breaking(product, /process\.env/, ['functions/', 'cli/'])).toEqual([]);
  });

  it('reads time and chance only in lib/clock.ts', () => {
    const timeOrChance =
      /Date\.now\(|new Date\(\)|performance\.now\(|Math\.random\(|randomUUID|setTimeout\(|setInterval\(|AbortSignal\.timeout\(|getRandomValues|randomBytes/;
    expect(breaking(product, timeOrChance, ['lib/clock.ts'])).toEqual([]);
  });

  it('opens connections only in lib/http/attempt.ts, and those of the AWS SDK in files that are imported on first use', () => {
    const network = /\bfetch\(|new (?:Agent|Pool|Client|ProxyAgent|EnvHttpProxyAgent)\(/;
    expect(breaking(product, network, ['lib/http/attempt.ts', 'lib/http/agent.ts'])).toEqual([]);
    const importers = product
      .filter(({ text }) => /from '(?:undici|node:https?|node:net|node:tls|node:http2)'/.test(text))
      .map(({ path }) => path);
    expect(importers.filter((path) => !path.startsWith('lib/http/'))).toEqual([]);
    const ofAws = product
      .filter(({ text }) => /['"]@(?:aws-sdk|smithy)\//.test(text))
      .map(({ path }) => path);
    expect(ofAws.sort()).toEqual([
      'lib/http/aws-signer.ts',
      'lib/secrets/parameter-store-client.ts',
      'lib/secrets/secrets-manager-client.ts',
      'lib/stores/s3-client.ts',
    ]);
  });

  it('has no barrels and no grab-bags', () => {
    const names = product.map(({ path }) => path);
    expect(
      names.filter((path) => /(?:^|\/)(?:index|utils?|helpers?|common|misc|manager)\.ts$/.test(path)),
    ).toEqual([]);
    expect(breaking(product, /^export (?:\*|\{[^}]*\}) from/m)).toEqual([]);
  });

  it('has no any, no non-null assertion and no suppressed diagnostics', () => {
    expect(breaking(product, /:\s*any\b|\bas any\b|<any>/)).toEqual([]);
    expect(
      product
        .filter(({ text }) => /@ts-(?:ignore|expect-error|nocheck)|biome-ignore/.test(text))
        .map(({ path }) => path),
    ).toEqual([]);
  });
});
