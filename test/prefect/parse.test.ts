import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { UnexpectedBodyError } from '../../lib/http/errors.ts';
import type { HttpRequest } from '../../lib/http/send.ts';
import { parseAnswer } from '../../lib/prefect/parse.ts';
import * as schemas from '../../lib/prefect/schemas.ts';
import { deploymentRow, poolRow, queueRow, runRow } from './rows.ts';

const request: HttpRequest = {
  method: 'POST',
  url: new URL('http://user:secret@prefect.test/api/flow_runs/filter'),
  endpoint: 'flow_runs/filter',
  headers: {},
};

const parse = <Shape>(schema: z.ZodType<Shape>, value: unknown): Shape =>
  parseAnswer(schema, request, { status: 200, headers: {}, body: Buffer.from(JSON.stringify(value)) });

const sample = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../samples/prefect/${name}.json`, import.meta.url), 'utf8'));

const without = (row: object, field: string) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== field));

describe('schemas', () => {
  it.each([
    ['flows_filter', schemas.flow, 3],
    ['deployments_filter', schemas.deployment, 3],
    ['flow_runs_filter', schemas.flowRun, 2],
    ['flow_runs_history', schemas.historyBucket, 5],
    ['work_pools_filter', schemas.workPool, 1],
    ['work_queues_filter', schemas.workQueue, 2],
    ['workers_filter', schemas.worker, 1],
    ['gcl_filter', schemas.concurrencyLimit, 3],
  ])('read %s of a real server', (name, schema, rows) => {
    expect(parse(z.array<z.ZodType<unknown>>(schema), sample(name))).toHaveLength(rows);
  });

  it('keeps the fields of a run that are used, and nothing else', () => {
    const [retrying] = parse(z.array(schemas.flowRun), sample('flow_runs_filter'));
    expect(retrying).toEqual({
      id: 'aba07bcf-1fe8-4623-ab1e-ffe596d99195',
      flow_id: '90c4d906-47d6-4a2f-b4da-cf350244effb',
      deployment_id: 'ae19b4c0-1c4c-41da-9850-8e84af9b7ff6',
      work_pool_name: 'k8s',
      work_queue_name: 'default',
      work_queue_id: 'd8c6bd81-dfdb-4e29-a2ac-eee8139d4a78',
      state_type: 'SCHEDULED',
      state_name: 'AwaitingRetry',
      expected_start_time: '2026-11-20T09:52:46.250015Z',
      next_scheduled_start_time: '2026-11-20T09:53:16.590163Z',
      start_time: '2026-11-20T09:52:46.530482Z',
      state_timestamp: '2026-11-20T09:52:46.604276Z',
    });
  });

  it('keeps the fields of a deployment and its limit', () => {
    const nightly = parse(z.array(schemas.deployment), sample('deployments_filter'))[1];
    expect(nightly).toEqual({
      id: '8c822cc6-9df9-4ee3-ac29-ca5fc1e0d096',
      name: 'nightly',
      flow_id: '5d98d7d0-36ac-451c-8b5a-b624122cf7a4',
      created: '2026-11-20T09:52:42.327900Z',
      paused: false,
      status: 'NOT_READY',
      tags: ['prod'],
      schedules: [{ active: true }],
      work_pool_name: 'k8s',
      work_queue_name: 'high',
      version: null,
      entrypoint: null,
      global_concurrency_limit: {
        id: '5740bf05-1175-42aa-b938-ff83c68aae53',
        name: 'deployment:8c822cc6-9df9-4ee3-ac29-ca5fc1e0d096',
        active: true,
        limit: 1,
        active_slots: 0,
      },
    });
  });

  it.each([
    ['a run without a state', schemas.flowRun, without(runRow('a', 'f'), 'state'), 'state_timestamp'],
    ['a run whose state is null', schemas.flowRun, runRow('a', 'f', { state: null }), 'state_timestamp'],
    ['a run without pool', schemas.flowRun, without(runRow('a', 'f'), 'work_pool_name'), 'work_pool_name'],
    [
      'Prefect 2, no limit',
      schemas.deployment,
      without(deploymentRow('a', 'f'), 'global_concurrency_limit'),
      'global_concurrency_limit',
    ],
    ['a deployment never polled', schemas.deployment, deploymentRow('a', 'f', { status: null }), 'status'],
    ['a pool of agents', schemas.workPool, { ...poolRow('a'), status: null }, 'status'],
    ['an older pool', schemas.workPool, without(poolRow('a'), 'status'), 'status'],
    ['a queue without priority', schemas.workQueue, without(queueRow('a', 'p'), 'priority'), 'priority'],
  ] as const)('reads %s', (_, schema, row, field) => {
    expect(parse<object>(schema, row)).toMatchObject({ [field]: null });
  });

  it('reads a state type that a later Prefect adds', () => {
    expect(parse(schemas.flowRun, runRow('a', 'f', { state_type: 'HIBERNATING' })).state_type).toBe(
      'HIBERNATING',
    );
  });
});

describe('parseAnswer', () => {
  const runs = z.array(schemas.flowRun);
  const run = runRow('a', 'f');
  const failure = (value: unknown, schema: z.ZodType = runs): string => {
    try {
      parse(schema, value);
    } catch (error) {
      if (error instanceof UnexpectedBodyError) return error.message;
      throw error;
    }
    throw new Error('was accepted');
  };

  it.each([
    [[run, without(run, 'state_type')], '[1].state_type: expected string, found nothing'],
    [[{ ...run, state_type: null }], '[0].state_type: expected string, found null'],
    [[{ ...run, id: 7 }], '[0].id: expected string, found 7'],
    [[{ ...run, start_time: 'soon' }], '[0].start_time: expected a timestamp, found "soon"'],
    [[{ ...run, state: {} }], '[0].state.timestamp: expected string, found nothing'],
    [[{ ...run, name: 1, flow_id: { password: 'x' } }], '[0].flow_id: expected string, found an object'],
    [[{ ...run, flow_id: ['z'] }], '[0].flow_id: expected string, found an array'],
    [
      [without(run, 'next_scheduled_start_time')],
      '[0].next_scheduled_start_time: expected string, found nothing',
    ],
    [{ detail: 'x' }, ': expected array, found an object'],
  ])('says what differs and where (%#)', (value, message) => {
    const place = message.startsWith(':') ? message : ` ${message}`;
    expect(failure(value)).toBe(
      `POST http://prefect.test/api/flow_runs/filter: the answer differs from what is known: flow_runs/filter${place}`,
    );
  });

  it('cuts a long value', () => {
    expect(failure([{ ...run, start_time: 'x'.repeat(500) }])).toMatch(/found "x{59}…$/);
  });

  it('refuses a count that is none', () => {
    expect(failure(-1, schemas.total)).toContain('found -1');
    expect(failure('7', schemas.total)).toContain('expected number, found "7"');
  });

  it('refuses what is not JSON', () => {
    const body = Buffer.from('<html>');
    expect(() => parseAnswer(runs, request, { status: 200, headers: {}, body })).toThrow(UnexpectedBodyError);
  });
});
