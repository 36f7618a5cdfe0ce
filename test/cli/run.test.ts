import { beforeEach, describe, expect, test } from 'vitest';
import { usage } from '../../cli/arguments.ts';
import { createTerminal } from '../../cli/terminal.ts';
import { version } from '../../lib/version.ts';
import { type CommandLine, openCommandLine, ten } from './command-line.ts';

let line: CommandLine;

beforeEach(async () => {
  line = await openCommandLine();
});

test('help and version, whatever the configuration', async () => {
  const environment = { PREFECT_API_URL: undefined };
  expect(await line.run(['--help'], { environment })).toBe(0);
  expect(await line.run(['--version'], { environment })).toBe(0);
  expect(line.stdout()).toBe(`${usage}\n${version}\n`);
  expect(line.stderr()).toBe('');
});

test.each([[[]], [['pusch']], [['push', '--evry', '60s']], [['push', '--every', 'x']]])(
  '%j ends with 2 and shows the usage',
  async (args) => {
    expect(await line.run(args)).toBe(2);
    expect(line.stderr()).toContain('prefect-push-exporter --help lists commands and options.');
    expect(line.stdout()).toBe('');
  },
);

test('ledger and backfill are there', async () => {
  expect(await line.run(['ledger', 'show'])).toBe(1);
  expect(line.stderr()).toContain('ledger-missing  There is no ledger at memory:.');
  line.clock.setNow(ten + 600_000);
  expect(await line.run(['backfill', '--since', '10m', '--dry-run'])).toBe(0);
  expect(line.stdout()).toMatch(/^ticks +10 of 10/m);
  expect(line.receiver.requests).toHaveLength(0);
});

describe('--env-file', () => {
  const text = (extra = '') =>
    `PREFECT_API_URL=${line.prefect.apiUrl}\nREMOTE_WRITE_URL="${line.receiver.writeUrl.href}"\n${extra}`;
  const nothing = { PREFECT_API_URL: undefined, REMOTE_WRITE_URL: undefined, WORKSPACE: undefined };
  const workspaces = () => new Set(line.receiver.series().map(({ labels }) => labels.workspace));

  test('has variables, and the environment wins', async () => {
    const files = { '/my.env': text('WORKSPACE=file # a comment\n') };
    const args = ['push', '--env-file', '/my.env'];
    expect(await line.run(args, { environment: nothing, files })).toBe(0);
    expect(workspaces()).toEqual(new Set(['file']));
    line.clock.setNow(ten + 60_000);
    line.outside.setNow(ten + 60_000);
    expect(await line.run(args, { environment: { ...nothing, WORKSPACE: 'environment' }, files })).toBe(0);
    expect(workspaces()).toEqual(new Set(['file', 'environment']));
  });

  test('is checked like the environment', async () => {
    const files = { '/my.env': text('MAX_RETRIES=x') };
    expect(await line.run(['push', '--env-file', '/my.env'], { environment: nothing, files })).toBe(2);
    expect(line.stderr()).toContain('MAX_RETRIES');
  });

  test('that cannot be read ends with 2', async () => {
    expect(await line.run(['check', '--env-file', '/none'])).toBe(2);
    expect(line.stderr()).toContain('--env-file: /none cannot be read (ENOENT).');
  });
});

describe('check', () => {
  test('tells people what it found and ends with 0', async () => {
    expect(await line.run(['check'], { isTerminal: true })).toBe(0);
    expect(line.stdout()).toMatch(/^configuration +ok/m);
    expect(line.stdout()).toMatch(/^prefect +ok/m);
    expect(line.stdout()).toMatch(/^receiver +ok/m);
    expect(line.receiver.series()).toEqual([]);
    expect(line.stderr()).toMatch(/next: prefect-push-exporter push\n$/);
  });

  test('says what to type next: a preview without a receiver, and nothing where nobody reads it', async () => {
    const environment = { REMOTE_WRITE_URL: undefined };
    expect(await line.run(['check'], { isTerminal: true, environment })).toBe(0);
    expect(line.stderr()).toMatch(/next: prefect-push-exporter preview --series\n$/);
    await line.run(['check']);
    expect(line.stderr().match(/next:/g)).toHaveLength(1);
  });

  test('--json prints the same as one object', async () => {
    await line.run(['check', '--json']);
    expect(JSON.parse(line.stdout())).toMatchObject({
      exitStatus: 0,
      sections: [{ status: 'ok' }, {}, {}, {}],
    });
  });

  test('ends with 1 when a side refuses', async () => {
    line.receiver.faults.when(() => ({ kind: 'status', status: 401, body: 'who?' }));
    expect(await line.run(['check'])).toBe(1);
    expect(line.stdout()).toContain('receiver-token-refused');
  });

  test('ends with 2 when the configuration is wrong, with all that is wrong', async () => {
    const environment = { MAX_RETRIES: 'x', PREFECT_API_URL: undefined };
    expect(await line.run(['check'], { environment })).toBe(2);
    for (const name of ['MAX_RETRIES', 'PREFECT_API_URL']) expect(line.stdout()).toContain(name);
  });
});

describe('the terminal', () => {
  const written = { out: '', error: '' };
  const stream = (name: keyof typeof written, isTTY: boolean) => ({
    isTTY,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const create = (isTTY: boolean, env = {}) => {
    Object.assign(written, { out: '', error: '' });
    return createTerminal(stream('out', isTTY), stream('error', isTTY), env);
  };

  test.each([
    [true, {}, true, true],
    [true, { NO_COLOR: '' }, true, true],
    [true, { NO_COLOR: '1' }, true, false],
    [true, { TERM: 'dumb' }, false, false],
    [false, {}, false, false],
  ])('isTTY %s, %j', (isTTY, env, isTerminal, isColoured) => {
    const terminal = create(isTTY, env);
    expect(terminal.isTerminal).toBe(isTerminal);
    expect(terminal.colour('red', 'x') !== 'x').toBe(isColoured);
    terminal.progress('…');
    expect(written.error !== '').toBe(isTerminal);
  });

  test('removes the progress line before anything else is written', () => {
    const terminal = create(true);
    terminal.progress('reading');
    terminal.print('done');
    terminal.print('more');
    expect(written).toEqual({ out: 'done\nmore\n', error: '\r\u001b[2Kreading\r\u001b[2K' });
  });
});
