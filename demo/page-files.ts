import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface PageFile {
  readonly contentType: string;
  readonly body: Uint8Array | string;
}

const folder = fileURLToPath(new URL('page/', import.meta.url));

/** The page as it is served, by path: one HTML, one script, one stylesheet, nothing from elsewhere. */
export async function buildPage(): Promise<ReadonlyMap<string, PageFile>> {
  const { outputFiles } = await build({
    entryPoints: { page: `${folder}main.ts` },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const output = (ending: string) => {
    const found = outputFiles.find(({ path }) => path.endsWith(ending));
    if (found === undefined) throw new Error(`esbuild made no ${ending} of the page`);
    return found.contents;
  };
  return new Map([
    ['/', { contentType: 'text/html; charset=utf-8', body: await readFile(`${folder}index.html`) }],
    ['/page.js', { contentType: 'text/javascript; charset=utf-8', body: output('.js') }],
    ['/page.css', { contentType: 'text/css; charset=utf-8', body: output('.css') }],
  ]);
}
