// Writes the documents, and the parts of documents, that are made from the code. With --check it compares instead, and exits 1 naming
// the files that are behind.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderMetricsDocumentation } from '../lib/collectors/documentation.ts';
import { renderConfigurationDocumentation } from '../lib/config/documentation.ts';
import { renderDeployDocumentation, renderOperationsDocumentation } from './deploy/documentation.ts';

const documents: readonly { readonly path: string; readonly render: () => string }[] = [
  { path: 'docs/CONFIGURATION.md', render: renderConfigurationDocumentation },
  { path: 'docs/METRICS.md', render: renderMetricsDocumentation },
  { path: 'docs/DEPLOY.md', render: renderDeployDocumentation },
  { path: 'docs/OPERATIONS.md', render: renderOperationsDocumentation },
];

const absolute = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

function isCurrent(path: string, text: string): boolean {
  try {
    return readFileSync(absolute(path), 'utf8') === text;
  } catch {
    return false;
  }
}

const behind = documents.filter(({ path, render }) => !isCurrent(path, render()));
if (!process.argv.includes('--check')) {
  for (const { path, render } of behind) {
    writeFileSync(absolute(path), render());
    console.log(`${path} written`);
  }
} else if (behind.length > 0) {
  for (const { path } of behind) console.error(`${path} is behind the code: npm run docs`);
  process.exitCode = 1;
}
