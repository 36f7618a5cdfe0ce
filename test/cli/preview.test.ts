import { beforeEach, describe, expect, test } from 'vitest';
import { parseText } from '../../doubles/pushgateway/text-format.ts';
import { priceLists } from '../../lib/metrics/price.ts';
import { arrivedAt } from '../tick/scene.ts';
import { type CommandLine, openCommandLine, ten } from './command-line.ts';

let line: CommandLine;

beforeEach(async () => {
  line = await openCommandLine();
});

const withoutReceiver = { environment: { REMOTE_WRITE_URL: undefined } };

/** Series (name and labels in order) to value, of a text. */
const inText = (text: string) =>
  new Map(
    parseText(text).flatMap(({ samples }) =>
      samples.map(({ name, labels, value }) => [`${name} ${sorted(labels)}`, value] as const),
    ),
  );

/** The same, of what arrived. */
const stored = () =>
  new Map(
    [...arrivedAt(line.receiver, ten)].flatMap(([name, series]) =>
      [...series].map(([labels, value]) => [`${name} ${sorted(JSON.parse(labels))}`, value] as const),
    ),
  );

const sorted = (labels: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

describe('preview', () => {
  test('prints exactly what a push sends, and sends nothing', async () => {
    expect(await line.run(['preview'])).toBe(0);
    expect(line.receiver.requests).toEqual([]);
    expect(line.stderr()).toBe('');
    const shown = inText(line.stdout());
    expect(await line.run(['push'])).toBe(0);
    expect(shown.size).toBeGreaterThan(100);
    expect(shown).toEqual(stored());
  });

  test('needs no receiver', async () => {
    expect(await line.run(['preview'], withoutReceiver)).toBe(0);
    expect(inText(line.stdout()).size).toBeGreaterThan(100);
  });

  test('prints the text alone on standard output, on a terminal as well', async () => {
    line.prefect.fail('/flows/filter', { kind: 'status', status: 403, body: 'no' });
    expect(await line.run(['preview'], { isTerminal: true })).toBe(1);
    const names = [...inText(line.stdout()).keys()].join('\n');
    expect(names).toContain('prefect_work_pools');
    expect(names).not.toContain('prefect_flows ');
    expect(line.stderr()).toMatch(/flows could not be read, its families are absent: .*status 403, no/);
    expect(line.stderr()).toContain('prefect-failed  Prefect answers 403.');
  });

  test('shows problems of the data', async () => {
    const environment = { MAX_SERIES: '100' };
    expect(await line.run(['preview'], { environment })).toBe(0);
    expect(line.stderr()).toContain('series-limit');
  });

  test('ends with 1 when Prefect is down: what it prints says so', async () => {
    await line.prefect.stop();
    expect(await line.run(['preview'])).toBe(1);
    expect([...inText(line.stdout())].find(([name]) => name.startsWith('prefect_up '))?.[1]).toBe(0);
  });

  test('ends with 2 without an address of Prefect', async () => {
    expect(await line.run(['preview'], { environment: { PREFECT_API_URL: undefined } })).toBe(2);
    expect(line.stderr()).toContain('PREFECT_API_URL');
    expect(line.stdout()).toBe('');
  });
});

describe('preview --series', () => {
  const rows = () =>
    new Map(
      line
        .stdout()
        .split('\n')
        .flatMap((text) => {
          const [, name, number] = /^(\S.*?|\s+with .*?)\s{2,}([\d ]+)$/.exec(text) ?? [];
          return name === undefined ? [] : [[name.trim(), Number(number?.replaceAll(' ', ''))] as const];
        }),
    );

  test('counts series by family, most first, and they are those of the text', async () => {
    await line.run(['preview']);
    const counts = Map.groupBy(inText(line.stdout()).keys(), (key) => key.split(' ')[0] ?? '');
    const own = await openCommandLine();
    line = own;
    expect(await line.run(['preview', '--series'])).toBe(0);
    const families = [...rows()].filter(([name]) => name.startsWith('prefect_'));
    expect(Object.fromEntries(families)).toEqual(
      Object.fromEntries([...counts].map(([name, keys]) => [name, keys.length])),
    );
    const numbers = families.map(([, count]) => count);
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
    const total = numbers.reduce((sum, count) => sum + count, 0);
    expect(rows().get('total of MAX_SERIES 20 000, DETAIL=deployment')).toBe(total);
    expect(line.receiver.requests).toEqual([]);
  });

  test('says what the other levels of detail would be, and that is what they are', async () => {
    await line.run(['preview', '--series']);
    const said = rows();
    for (const detail of ['flow', 'lean']) {
      line = await openCommandLine();
      await line.run(['preview', '--series'], { environment: { DETAIL: detail } });
      const total = rows().get(`total of MAX_SERIES 20 000, DETAIL=${detail}`);
      expect(total).toBeGreaterThan(0);
      expect(said.get(`with DETAIL=${detail}`)).toBe(total);
    }
  });

  test('names a price and its source for every receiver', async () => {
    await line.run(['preview', '--series']);
    for (const { receiver, source, asOf } of priceLists) {
      const price = line
        .stdout()
        .split('\n')
        .find((text) => text.startsWith(`  ${receiver} `));
      expect(price).toMatch(/ {2}(free|about \$\d+(\.\d\d)?) +\(/);
      expect(price).toContain(source);
      expect(price).toContain(asOf);
    }
  });
});
