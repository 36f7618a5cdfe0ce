import { beforeEach, describe, expect, test } from 'vitest';
import { secretArn } from '../secrets/double-place.ts';
import { type CommandLine, openCommandLine } from './command-line.ts';
import { runUntilTicks } from './until.ts';

const arn = secretArn('prod');
const environment = { SECRET_ARN: arn };
const content = (key: string, others = {}) => JSON.stringify({ PREFECT_API_KEY: key, ...others });

let line: CommandLine;
let secrets: Map<string, string>;

beforeEach(async () => {
  line = await openCommandLine();
  secrets = new Map([[arn, content('pnu_1')]]);
  accept('pnu_1');
});

function accept(key: string): void {
  line.prefect.server.faults.when(({ headers }) =>
    headers.authorization === `Bearer ${key}` ? undefined : { kind: 'status', status: 401, body: 'no' },
  );
}

describe('a secret', () => {
  test.each([[['push']], [['preview']], [['check']], [['backfill', '--since', '10m', '--dry-run']]])(
    'is read by %j',
    async (args) => {
      if (args[0] === 'backfill') line.clock.setNow(line.clock.now() + 600_000);
      expect(await line.run(args, { environment, secrets })).toBe(0);
      expect(line.prefect.requests().length).toBeGreaterThan(0);
    },
  );

  test('may say where the ledger is', async () => {
    secrets.set(arn, content('pnu_1', { STORE: 'memory:' }));
    const options = { environment: { ...environment, STORE: undefined }, secrets };
    expect(await line.run(['ledger', 'show'], options)).toBe(1);
    expect(line.stderr()).toContain('ledger-missing  There is no ledger at memory:.');
  });

  test('may be named by --env-file', async () => {
    const files = { '/my.env': `SECRET_ARN=${arn}` };
    expect(await line.run(['push', '--env-file', '/my.env'], { files, secrets })).toBe(0);
  });

  test('is named in the report of a check', async () => {
    await line.run(['check'], { environment, secrets });
    expect(line.stdout()).toMatch(new RegExp(`^secrets +ok +PREFECT_API_KEY from ${arn}\nconfiguration +ok`));
  });

  test.each([[['push']], [['preview']], [['ledger', 'show']], [['check']]])(
    'that cannot be read ends %j with 1 and the reason',
    async (args) => {
      expect(await line.run(args, { environment })).toBe(1);
      expect(line.stdout() + line.stderr()).toContain(
        `secret-not-found  SECRET_ARN: There is no secret ${arn}.`,
      );
      expect(line.prefect.requests()).toEqual([]);
    },
  );

  test.each([[['push']], [['check']]])(
    'with content that cannot be used ends %j with 2, with all that is wrong',
    async (args) => {
      secrets.set(arn, content('pnu_1', { MAX_RETRIES: 'x', PREFECT_APIKEY: 'hunter2' }));
      expect(await line.run(args, { environment, secrets })).toBe(2);
      const printed = line.stdout() + line.stderr();
      expect(printed).toContain('secret-unknown-key');
      expect(printed).toContain('did you mean PREFECT_API_KEY?');
      expect(printed).toContain('invalid-value  MAX_RETRIES');
      expect(printed).not.toContain('hunter2');
    },
  );

  test('that is no ARN ends with 2', async () => {
    expect(await line.run(['check'], { environment: { SECRET_ARN: 'prod' } })).toBe(2);
    expect(line.stdout()).toContain('secret-arn  SECRET_ARN is not the ARN of a secret');
  });

  test('beside the same variable in the environment is warned of', async () => {
    secrets.set(arn, content('pnu_1', { WORKSPACE: 'secret' }));
    expect(await line.run(['push'], { environment, secrets })).toBe(0);
    expect(line.stderr()).toContain('value-ignored  WORKSPACE: set in the environment and in the secret');
    expect(new Set(line.receiver.series().map(({ labels }) => labels.workspace))).toEqual(new Set(['test']));
  });

  test('shows nothing of what WORKSPACES holds, also where it cannot be read', async () => {
    const WORKSPACES = '{"prod":{"REMOTE_WRITE_PASSWORD":"hunter2-very-secret"},}';
    expect(await line.run(['push'], { environment: { ...environment, WORKSPACES }, secrets })).toBe(2);
    expect(line.stderr()).toContain('WORKSPACES is not a JSON object with workspaces in it');
    expect(line.stderr()).not.toContain('hunter2');
  });

  test('has nothing to do with WORKSPACES, which is for functions', async () => {
    expect(
      await line.run(['push'], { environment: { ...environment, WORKSPACES: '{"a":{}}' }, secrets }),
    ).toBe(0);
    expect(line.stderr()).toContain('value-ignored  WORKSPACES: no effect on the command line');
  });
});

test.each([[['push']], [['preview']], [['backfill', '--since', '10m', '--dry-run']]])(
  'a rotation in the middle of %j fails nothing',
  async (args) => {
    if (args[0] === 'backfill') line.clock.setNow(line.clock.now() + 600_000);
    let requests = 0;
    line.prefect.server.faults.when(({ headers }) => {
      requests += 1;
      if (requests === 3) secrets.set(arn, content('pnu_2'));
      const key = requests < 3 ? 'pnu_1' : 'pnu_2';
      return headers.authorization === `Bearer ${key}`
        ? undefined
        : { kind: 'status', status: 401, body: 'no' };
    });
    expect(await line.run(args, { environment, secrets })).toBe(0);
    expect(requests).toBeGreaterThan(4);
    expect(line.stderr()).not.toContain('401');
  },
);

describe('push --every', () => {
  const outcomes = () =>
    line
      .stdout()
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text).outcome);
  const command = () => line.start(['push', '--every', '60s'], { environment, secrets });

  test('renews a key that is refused, and the ledger goes on', async () => {
    const afterTick = (ticks: number) => {
      if (ticks !== 1) return;
      secrets.set(arn, content('pnu_2'));
      accept('pnu_2');
    };
    expect(await runUntilTicks(line, 3, command, { afterTick })).toBe(0);
    expect(outcomes()).toEqual(['pushed', 'pushed', 'pushed']);
    expect(line.stdout().match(/"created":true/g)).toHaveLength(1);
  });

  test('stands over an interval in the secret', async () => {
    secrets.set(arn, content('pnu_1', { INTERVAL_SECONDS: 300 }));
    expect(await runUntilTicks(line, 1, command)).toBe(0);
    const interval = line.receiver
      .series()
      .find(({ labels }) => labels.__name__ === 'prefect_exporter_tick_interval_seconds');
    expect(interval?.samples[0]?.value).toBe(60);
    expect(line.stderr()).toBe('');
  });

  test('is wired anew when something else changes, five minutes later at most', async () => {
    const afterTick = (ticks: number) => {
      if (ticks === 1) secrets.set(arn, content('pnu_1', { EXTERNAL_LABELS: '{"team":"data"}' }));
    };
    expect(await runUntilTicks(line, 6, command, { afterTick })).toBe(0);
    const teams = new Set(
      line.receiver.series().map(({ labels, samples }) => `${labels.team} ${samples.length > 3}`),
    );
    expect([...teams].sort()).toEqual(['data false', 'undefined true']);
  });

  test('goes on with its ticks when a secret is broken, and after it is mended', async () => {
    const good = secrets.get(arn) ?? '';
    const afterTick = (ticks: number) => {
      secrets.set(arn, ticks >= 1 && ticks < 8 ? '{' : good);
    };
    expect(await runUntilTicks(line, 10, command, { afterTick })).toBe(0);
    const lines = line
      .stdout()
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(lines.map(({ outcome }) => outcome)).toEqual([
      ...Array(5).fill('pushed'),
      ...Array(3).fill(undefined),
      ...Array(2).fill('pushed'),
    ]);
    expect(lines[5]).toMatchObject({
      level: 'error',
      error: expect.stringContaining('is not a JSON object'),
    });
  });
});
