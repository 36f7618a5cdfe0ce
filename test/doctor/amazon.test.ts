// The section of the receiver with signed requests.
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type AmazonPrometheus,
  startAmazonPrometheus,
} from '../../doubles/amazon-prometheus/amazon-prometheus.ts';
import { startPrefectDouble } from '../../doubles/prefect/api.ts';
import { startReceiver } from '../../doubles/receiver/receiver.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { ordinaryWorkspace } from '../support/ordinary-workspace.ts';
import { type Env, examine, sectionOf } from './examine.ts';

let clock: FakeClock;
let env: Env;
let amazon: AmazonPrometheus;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDTEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
  clock = createFakeClock({ autoAdvance: true });
  const prefect = await startPrefectDouble({ clock, workspace: ordinaryWorkspace(clock) });
  const receiver = await startReceiver({ clock });
  amazon = await startAmazonPrometheus({
    region: 'eu-west-1',
    service: 'aps',
    credentials: [{ accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' }],
    workspace: 'ws-1',
    clock,
    writeUrl: receiver.writeUrl,
  });
  onTestFinished(async () => {
    await Promise.all([prefect, receiver, amazon].map((server) => server.stop()));
  });
  env = {
    PREFECT_API_URL: prefect.apiUrl,
    REMOTE_WRITE_URL: amazon.remoteWriteUrl.href,
    REMOTE_WRITE_SIGV4: 'true',
    AWS_REGION: 'eu-west-1',
  };
});

afterEach(() => vi.unstubAllEnvs());

const receiverSection = async (more: Env = {}) =>
  sectionOf(await examine({ ...env, ...more }, clock), 'receiver');

describe('a receiver of signed requests', () => {
  it('that is right says what they are signed for', async () => {
    const { status, facts } = await receiverSection();
    expect(status).toBe('ok');
    expect(facts).toContain('signed for eu-west-1, aps');
  });

  it('without the workspace is told as such, and no other path is tried', async () => {
    const REMOTE_WRITE_URL = (env.REMOTE_WRITE_URL ?? '').replace('ws-1', 'ws-2');
    expect(await receiverSection({ REMOTE_WRITE_URL })).toMatchObject({
      status: 'failed',
      problems: [
        { slug: 'receiver-workspace', message: expect.stringContaining('workspace ws-2 in eu-west-1') },
      ],
    });
    const paths = new Set(amazon.requests.map(({ path }) => path));
    expect(paths).toEqual(new Set(['/workspaces/ws-2/api/v1/remote_write']));
  });

  it('of another region refuses the signature', async () => {
    expect(await receiverSection({ AWS_REGION: 'us-east-1' })).toMatchObject({
      problems: [
        { slug: 'receiver-token-refused', found: expect.stringContaining('signed for us-east-1, aps') },
      ],
    });
  });

  it('without credentials is not asked', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    expect(await receiverSection()).toMatchObject({ problems: [{ slug: 'receiver-aws-credentials' }] });
  });
});
