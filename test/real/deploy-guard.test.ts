// What a deployment asks before it changes anything, on a local AWS: the outputs of the running stack, and secrets that
// are left of an earlier one.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stageChanges } from '../../infra/stage/change.ts';
import { loadStage } from '../../infra/stage/load.ts';
import { existingSecrets } from '../../scripts/deploy/existing-secrets.ts';
import { guard } from '../../scripts/deploy/guard.ts';
import { outputsIn } from '../../scripts/deploy/running-stack.ts';
import { createAskAws } from '../support/aws/ask.ts';
import type { StackResources } from '../support/aws/stack.ts';
import { environmentOf, prepareService, type Service } from '../support/real/deployment.ts';
import { type LocalAws, startLocalAws } from '../support/real/ministack.ts';
import { requireServer } from '../support/real/require-server.ts';

const ministack = await requireServer('ministack');

describe.skipIf(ministack.missing)('before a deployment', () => {
  let local: LocalAws;
  let service: Service;
  let resources: StackResources;

  beforeAll(async () => {
    local = await startLocalAws(ministack);
    for (const [name, value] of Object.entries(environmentOf(local))) vi.stubEnv(name, value);
    const aws = createAskAws(local.proxy.url, local.region, local.credentials.accessKeyId);
    service = await prepareService('guarded', { region: local.region, workspace: 'production' });
    resources = await service.deploy(local, aws);
  }, 120_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await local?.stop();
  });

  const stage = () => loadStage('guarded', { folder: `${service.folder}/stages` });
  const options = () => ({
    ...{ region: local.region, awsProfile: undefined, acceptChanges: false },
    print: () => undefined,
  });

  it('the outputs of the stack say what it keeps', { timeout: 60_000 }, async () => {
    const outputs = outputsIn(await service.info(local));
    expect(outputs).toMatchObject({
      LedgerProduction: `s3://${resources.LedgerBucket}/production/ledger.json.gz`,
      SecretProductionArn: resources.SecretProduction,
      CreatedLedgerBucket: resources.LedgerBucket,
    });
    expect(stageChanges(stage(), outputs)).toEqual([]);
    await expect(guard(stage(), { kind: 'there', outputs }, options())).resolves.toBeUndefined();
    const others = { ...outputs, LedgerOther: 's3://b/k' };
    await expect(guard(stage(), { kind: 'there', outputs: others }, options())).rejects.toThrow(
      'stage-change',
    );
    const accepted = { ...options(), acceptChanges: true };
    await expect(guard(stage(), { kind: 'there', outputs: others }, accepted)).resolves.toBeUndefined();
  });

  it('a secret that is left is found by its name, and no other', { timeout: 60_000 }, async () => {
    const [name, arn] = ['prefect-push-exporter/guarded/production', resources.SecretProduction];
    expect(await existingSecrets([name, 'prefect-push-exporter/guarded/other'], options())).toEqual([
      { name, arn, isDeleted: false },
    ]);
    await expect(guard(stage(), { kind: 'none' }, options())).rejects.toThrow(
      `the deployment would make the secret ${name}, and there is one of that name.`,
    );
  });

  it('goes on where the stack cannot be asked, and says so', async () => {
    const print = vi.fn();
    await guard(stage(), { kind: 'unknown', why: 'no credentials' }, { ...options(), print });
    expect(print).toHaveBeenCalledWith(expect.stringContaining('cannot be asked'));
  });
});
