import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { stringify } from 'yaml';
import { StageError } from '../../infra/stage/error.ts';
import { loadStage } from '../../infra/stage/load.ts';

export const folder = mkdtempSync(join(tmpdir(), 'stages-'));
afterAll(() => rmSync(folder, { recursive: true }));

export const minimal = { region: 'eu-west-1', workspace: 'production' };

/** Without a secret it has to say where Prefect and the receiver are. */
export const addresses = {
  PREFECT_API_URL: 'http://prefect.example.com:4200/api',
  REMOTE_WRITE_URL: 'https://prometheus.example.com/api/v1/write',
};

/** The stage `prod` of a file. */
export function load(file: unknown) {
  writeFileSync(join(folder, 'prod.yml'), typeof file === 'string' ? file : stringify(file));
  return loadStage('prod', { folder });
}

/** The message of a stage that cannot be used, with a short path. */
export function refusal(file: unknown): string {
  try {
    load(file);
  } catch (error) {
    if (error instanceof StageError) return error.message.replaceAll(folder, 'stages');
    throw error;
  }
  throw new Error('the stage was accepted');
}
