import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/prefect-push-exporter.mjs', import.meta.url));

test('a reader that has seen enough, such as head, is no error', async () => {
  // Nothing listens on port 9: whatever can be shown without Prefect is printed.
  const env = { PREFECT_API_URL: 'http://127.0.0.1:9/api', MAX_RETRIES: '0', STORE: 'memory:' };
  const child = spawn(process.execPath, [bin, 'preview'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGTERM'));
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await once(child, 'close');
  expect(stderr).toContain('flows could not be read');
  expect(stderr).not.toMatch(/EPIPE|Unhandled/);
});
