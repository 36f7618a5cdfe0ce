import { describe, expect, test } from 'vitest';
import { parseArguments, parseInterval, UsageError } from '../../cli/arguments.ts';

describe('parseArguments', () => {
  const plain = { json: false, envFile: undefined };
  const backfill = {
    name: 'backfill',
    since: undefined,
    until: undefined,
    intervalSeconds: undefined,
    output: undefined,
    resume: false,
    dryRun: false,
  } as const;

  test.each([
    [['push'], { ...plain, command: { name: 'push', everySeconds: undefined } }],
    [['push', '--every', '60s'], { ...plain, command: { name: 'push', everySeconds: 60 } }],
    [
      ['--every=5m', 'push', '--json'],
      { ...plain, json: true, command: { name: 'push', everySeconds: 300 } },
    ],
    [['preview'], { ...plain, command: { name: 'preview', series: false } }],
    [['preview', '--series'], { ...plain, command: { name: 'preview', series: true } }],
    [['check', '--json'], { ...plain, json: true, command: { name: 'check' } }],
    [['check', '--env-file', '.env'], { ...plain, envFile: '.env', command: { name: 'check' } }],
    [
      ['ledger', 'show', '--series', '--json'],
      { ...plain, json: true, command: { name: 'ledger', action: 'show', series: true, yes: false } },
    ],
    [
      ['ledger', 'reset', '--yes'],
      { ...plain, command: { name: 'ledger', action: 'reset', series: false, yes: true } },
    ],
    [
      ['backfill', '--since', '7d', '--interval', '2m', '--output', 'a.om'],
      {
        ...plain,
        command: { ...backfill, since: { agoMs: 604_800_000 }, intervalSeconds: 120, output: 'a.om' },
      },
    ],
    [['backfill', '--resume'], { ...plain, command: { ...backfill, resume: true } }],
    [['help'], { ...plain, command: { name: 'help' } }],
    [['--help'], { ...plain, command: { name: 'help' } }],
    [['push', '-h'], { ...plain, command: { name: 'help' } }],
    [['--version'], { ...plain, command: { name: 'version' } }],
    [['-v'], { ...plain, command: { name: 'version' } }],
  ])('%j', (args, expected) => {
    expect(parseArguments(args)).toEqual(expected);
  });

  test.each([
    [[], /No command.*push, preview, check/],
    [['pusch'], /Unknown command "pusch".*push, preview, check/],
    [['push', 'twice'], /Unexpected argument "twice" after push/],
    [['push', '--evry', '60s'], /--evry/],
    [['push', '--every'], /--every/],
    [['push', '--every', 'often'], /--every: found "often", expected a time such as 60s or 5m/],
    [['push', '--series'], /--series is not an option of push/],
    [['preview', '--json'], /--json is not an option of preview/],
    [['check', '--every', '60s'], /--every is not an option of check/],
    [['check', '--json=yes'], /--json/],
    [['ledger'], /ledger does nothing by itself.*ledger show, ledger verify, ledger reset, ledger adopt/],
    [['ledger', 'shwo'], /ledger knows no "shwo"/],
    [['ledger', 'show', 'all'], /Unexpected argument "all" after ledger show/],
    [['ledger', 'show', '--yes'], /--yes is not an option of ledger show/],
    [['ledger', 'reset', '--json'], /--json is not an option of ledger reset/],
    [['backfill'], /backfill needs --since/],
    [['backfill', '--resume', '--since', '7d'], /--resume goes on as it was begun/],
    [['backfill', '--since', '7d', '--interval', '1d'], /--interval: found "1d"/],
    [['backfill', '--since', '7d', '--json'], /--json is not an option of backfill/],
    [['check', '--env-file'], /--env-file/],
  ])('%j is refused', (args, message) => {
    const parse = () => parseArguments(args);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });
});

describe('parseInterval', () => {
  test.each([
    ['1', 1],
    ['15', 15],
    ['60s', 60],
    ['5m', 300],
    ['1h', 3600],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseInterval(text)).toBe(seconds);
  });

  test.each(['', '0', '0s', '-5s', '1.5m', '5 m', '60S', '1d', '1e3', 'm'])('%j is none', (text) => {
    expect(() => parseInterval(text)).toThrow(UsageError);
  });
});
