import { describe, expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import { selfDescriptors } from '../../lib/collectors/self.ts';
import { ownLabels } from '../../lib/config/labels.ts';
import { ownCounters } from '../../lib/ledger/own-counters.ts';
import { createAdvancing } from '../support/advanced.ts';
import { aWorkspace, noonMs } from '../support/fixtures.ts';
import { minimalPushgateway, parse, parseOnly, problems, problemsOnly } from './parsing.ts';

const external = (value: string) => parse({ EXTERNAL_LABELS: value }).config.series.externalLabels;
const messages = (environment: Record<string, string>) => problems(environment).map(({ message }) => message);

describe('EXTERNAL_LABELS', () => {
  it.each([['env=prod,team=data'], [' env = prod , team = data ,'], ['{"env":"prod","team":"data"}']])(
    '%s',
    (value) => {
      expect(external(value)).toEqual({ job: 'prefect-exporter', env: 'prod', team: 'data' });
    },
  );

  it('keeps job unless it is there', () => {
    expect(external('job=mine')).toEqual({ job: 'mine' });
    expect(external('{"job":"mine"}')).toEqual({ job: 'mine' });
  });

  it('cuts at the first equals sign', () => {
    expect(external('query=a=b')).toMatchObject({ query: 'a=b' });
  });

  it.each([
    ['1a=x', 'has a name that is not a label name (letters, digits, _), "1a"'],
    ['cost-center=x', 'has a name that is not a label name (letters, digits, _), "cost-center"'],
    ['__name__=x', 'has a name that is reserved (__), "__name__"'],
    ['workspace=x', 'has a label that WORKSPACE sets, "workspace"'],
    ['flow=x', 'has a label that our series carry already, "flow"'],
    ['le=x', 'has a label that our series carry already, "le"'],
    ['env=', 'has an empty value, which is no label at all, of "env"'],
    ['env=a,env=b', 'has "env" twice'],
    ['env', 'is neither a JSON object nor a list name=value,name=value'],
    ['{"env":1}', 'has a value that is not a string, of "env"'],
    ['{"env":"a"', 'is not a JSON object'],
  ])('%s is refused', (value, what) => {
    expect(messages({ EXTERNAL_LABELS: value })).toEqual([`EXTERNAL_LABELS ${what}.`]);
  });
});

describe('DEPLOYMENT_TAG_LABELS', () => {
  it.each([
    ['state_type', 'has a label that our series carry already, "state_type"'],
    ['work-pool', 'has a label that our series carry already, "work-pool"'],
    ['slo.freshness', 'has a name that is not a label name (letters, digits, _), "slo.freshness"'],
    ['job', 'has a label that EXTERNAL_LABELS or the default sets, "job"'],
    ['a-b,a_b', 'has a label that another key makes too, "a_b"'],
  ])('%s is refused', (value, what) => {
    expect(messages({ DEPLOYMENT_TAG_LABELS: value })).toEqual([`DEPLOYMENT_TAG_LABELS ${what}.`]);
  });

  it('may not repeat a label of the grouping key, which would replace it on every series', () => {
    const environment = { DEPLOYMENT_TAG_LABELS: 'cost-center', PUSHGATEWAY_GROUPING: '{"cost_center":"7"}' };
    expect(problemsOnly({ ...minimalPushgateway, ...environment }).map(({ message }) => message)).toEqual([
      'DEPLOYMENT_TAG_LABELS has a label that PUSHGATEWAY_GROUPING sets, "cost-center".',
    ]);
    expect(parse(environment).config.series.deploymentTagLabels).toEqual(['cost-center']);
  });

  it('may be 20 together with external labels, and no more', () => {
    const labels = (count: number) => Array.from({ length: count }, (_, index) => `l${index}=x`).join();
    const tags = { DEPLOYMENT_TAG_LABELS: 'team,env' };
    expect(parse({ EXTERNAL_LABELS: labels(17), ...tags }).config.series.deploymentTagLabels).toHaveLength(2);
    expect(messages({ EXTERNAL_LABELS: labels(18), ...tags })).toEqual([
      'EXTERNAL_LABELS and DEPLOYMENT_TAG_LABELS are too many labels: receivers refuse series with more than 30.',
    ]);
  });

  it('may not repeat an external label', () => {
    expect(messages({ DEPLOYMENT_TAG_LABELS: 'team', EXTERNAL_LABELS: 'team=x' })).toEqual([
      'DEPLOYMENT_TAG_LABELS has a label that EXTERNAL_LABELS or the default sets, "team".',
    ]);
  });
});

describe('PUSHGATEWAY_GROUPING', () => {
  const refused = (value: string) =>
    problemsOnly({ ...minimalPushgateway, PUSHGATEWAY_GROUPING: value }).map(({ message }) => message);

  it('may name the workspace and more', () => {
    const grouping = { workspace: 'prod', instance: '1' };
    const { sink } = parseOnly({
      ...minimalPushgateway,
      PUSHGATEWAY_GROUPING: JSON.stringify(grouping),
    }).config;
    expect(sink?.kind === 'pushgateway' && sink.grouping).toEqual(grouping);
  });

  it('may not name the job nor a label of ours', () => {
    expect(refused('{"job":"x"}')).toEqual(['PUSHGATEWAY_GROUPING has "job", which PUSHGATEWAY_JOB sets.']);
    expect(refused('{"flow":"x"}')).toEqual([
      'PUSHGATEWAY_GROUPING has a label that our series carry already, "flow".',
    ]);
  });
});

describe('REMOTE_WRITE_HEADERS', () => {
  it.each([
    'Content-Encoding',
    'content-type',
    'X-Prometheus-Remote-Write-Version',
    'User-Agent',
    'host',
    'Content-Length',
    'retry-attempt',
    'Transfer-Encoding',
  ])('may not hold %s', (name) => {
    expect(messages({ REMOTE_WRITE_HEADERS: JSON.stringify({ [name]: 'x' }) })).toEqual([
      `REMOTE_WRITE_HEADERS may not hold "${name}": it belongs to the protocol.`,
    ]);
  });

  it('says where Authorization comes from', () => {
    expect(messages({ REMOTE_WRITE_HEADERS: '{"Authorization":"Bearer x"}' })).toEqual([
      'REMOTE_WRITE_HEADERS may not hold "Authorization": it comes from REMOTE_WRITE_USERNAME and _PASSWORD, or from REMOTE_WRITE_BEARER_TOKEN.',
    ]);
  });

  it.each([
    ['{"a b":"x"}', 'has a name that is not a header name'],
    ['{"X-A":"\\n"}', 'has a value that a header cannot carry, of "X-A"'],
    ['{"X-A":"1","x-a":"2"}', 'has "x-a" twice'],
    ['{"X-A":1}', 'has a value that is not a string, of "X-A"'],
  ])('%s is refused', (value, what) => {
    expect(messages({ REMOTE_WRITE_HEADERS: value })).toEqual([`REMOTE_WRITE_HEADERS ${what}.`]);
  });

  it('may not hold the tenant beside REMOTE_WRITE_TENANT', () => {
    expect(messages({ REMOTE_WRITE_HEADERS: '{"X-Scope-OrgID":"a"}', REMOTE_WRITE_TENANT: 'b' })).toEqual([
      'REMOTE_WRITE_TENANT is set, and REMOTE_WRITE_HEADERS holds X-Scope-OrgID too.',
    ]);
  });
});

describe('the list of our own labels', () => {
  it('has every label of every family', () => {
    const collected = allCollectors.flatMap(({ families }) => families);
    const used = new Set([...collected, ...selfDescriptors, ...ownCounters].flatMap(({ labels }) => labels));
    expect(used.size).toBeGreaterThan(10);
    expect([...used].filter((label) => !ownLabels.has(label))).toEqual([]);
  });

  it('has every label that is sent', async () => {
    const environment = { METRIC_SETS: 'native,history', RUN_LABELS: 'trigger' };
    const { entry } = await createAdvancing(environment, noonMs).tick({
      nowMs: noonMs,
      resources: aWorkspace,
    });
    const sent = new Set(entry.series.flatMap(({ names }) => names));
    expect(sent).toContain('trigger');
    expect([...sent].filter((label) => !ownLabels.has(label))).toEqual(['__name__', 'job']);
  });
});
