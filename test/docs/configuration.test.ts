import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderConfigurationDocumentation } from '../../lib/config/documentation.ts';
import { variables } from '../../lib/config/variables.ts';
import { parse } from '../config/parsing.ts';

const file = readFileSync(new URL('../../docs/CONFIGURATION.md', import.meta.url), 'utf8');

/** Rows of all tables: name to the cells after it. */
const rows = new Map(
  file
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    )
    .map(([name = '', ...cells]) => [name.replace(/`/g, '').split(' ')[0] ?? '', cells] as const),
);

describe('docs/CONFIGURATION.md', () => {
  it('is what the table says (npm run docs)', () => {
    expect(file).toBe(renderConfigurationDocumentation());
  });

  it('has a row for every variable, and no other', () => {
    expect([...rows.keys()]).toEqual(variables.map(({ name }) => name));
    for (const [name, cells] of rows) expect(cells, name).toHaveLength(4);
  });

  it('states the defaults that hold', () => {
    const stated = Object.fromEntries(
      [...rows].flatMap(([name, [cell = '']]) => (cell.startsWith('`') ? [[name, cell.slice(1, -1)]] : [])),
    );
    expect(Object.keys(stated).length).toBeGreaterThan(10);
    const { PUSHGATEWAY_JOB, PUSHGATEWAY_GROUPING, PUSHGATEWAY_TIMEOUT_MS, ...withRemoteWrite } = stated;
    expect(parse(withRemoteWrite)).toEqual(parse({}));
    const gateway = { REMOTE_WRITE_URL: '', PUSHGATEWAY_URL: 'http://pushgateway:9091' };
    expect(parse({ ...gateway, PUSHGATEWAY_JOB, PUSHGATEWAY_GROUPING, PUSHGATEWAY_TIMEOUT_MS })).toEqual(
      parse(gateway),
    );
  });
});
