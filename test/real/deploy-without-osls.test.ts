// docs/DEPLOY.md, “Without osls”: its script as it stands there, with the AWS command line, on a local AWS. It is run for
// the first deployment and again over the stack, and osls takes over from it: nothing that holds anything is made anew.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../scripts/real-servers/command.ts';
import { type AskAws, createAskAws } from '../support/aws/ask.ts';
import { resourcesOf, textOf } from '../support/aws/stack.ts';
import { environmentOf, prepareService, type Service } from '../support/real/deployment.ts';
import { type LocalAws, startLocalAws } from '../support/real/ministack.ts';
import { requireServer } from '../support/real/require-server.ts';

const required = {
  ministack: await requireServer('ministack'),
  awscli: await requireServer('awscli'),
};
const isMissing = Object.values(required).some(({ missing }) => missing);

const commandMs = 60_000;

/** The first script of the section. */
async function documentedScript(): Promise<string> {
  const page = await readFile(new URL('../../docs/DEPLOY.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('\n## Without osls\n');
  const [, script] = /^```sh\n([\s\S]*?)^```$/m.exec(section) ?? [];
  if (script === undefined) throw new Error('docs/DEPLOY.md has no script without osls');
  return script;
}

const secretText = '{"PREFECT_API_KEY":"pnu_filled"}';
const ledger = 'production/ledger.json.gz';

describe.skipIf(isMissing)('the script without osls', () => {
  let local: LocalAws;
  let aws: AskAws;
  let service: Service;

  beforeAll(async () => {
    local = await startLocalAws(required.ministack);
    aws = createAskAws(local.proxy.url, local.region, local.credentials.accessKeyId);
    service = await prepareService('by-hand', {
      region: local.region,
      workspace: 'production',
      tags: { team: 'data platform', cost: 'a=b' },
    });
    await writeFile(join(service.folder, 'deploy.sh'), await documentedScript());
    const aProgram = join(service.folder, 'bin/aws');
    await mkdir(join(service.folder, 'bin'));
    await writeFile(aProgram, `#!/bin/sh\nexec ${required.awscli.installed().binary} -m awscli "$@"\n`);
    await chmod(aProgram, 0o755);
  }, commandMs);

  afterAll(() => local?.stop());

  async function runScript(): Promise<void> {
    await service.package();
    // The region is that of the stage file.
    const { AWS_REGION: _, ...env } = environmentOf(local);
    await runCommand('sh', ['deploy.sh'], {
      timeoutMs: commandMs,
      cwd: service.folder,
      env: { ...env, PATH: `${join(service.folder, 'bin')}:${process.env.PATH}`, HOME: service.folder },
    });
  }

  const stack = () => aws.form('cloudformation', 'DescribeStacks', { StackName: service.stackName });

  /** What is there, and what is in it. */
  async function found() {
    const resources = await resourcesOf(aws, service.stackName);
    const { SecretProduction: SecretId, LedgerBucket } = resources;
    return {
      resources,
      secret: (await aws.json('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId })).SecretString,
      ledger: await aws.accepted({ service: 's3', method: 'GET', path: `/${LedgerBucket}/${ledger}` }),
    };
  }

  it('makes everything, with the tags of the stage', { timeout: commandMs }, async () => {
    await runScript();
    const resources = await resourcesOf(aws, service.stackName);
    expect(resources).toMatchObject({
      PushMetricsLambdaFunction: service.functionName,
      ScheduleProduction: expect.anything(),
      SecretProduction: expect.anything(),
    });
    const tags = (await stack()).split('<Tags>')[1]?.split('<member>').slice(1) ?? [];
    expect(Object.fromEntries(tags.map((tag) => [textOf(tag, 'Key'), textOf(tag, 'Value')]))).toEqual({
      STAGE: 'by-hand',
      team: 'data platform',
      cost: 'a=b',
    });
    // Templates that are too large for a request go through the bucket.
    const path = `/${resources.ServerlessDeploymentBucket}?prefix=templates/`;
    expect(await aws.accepted({ service: 's3', method: 'GET', path })).toContain('.template</Key>');
  });

  it('leaves secret, ledger and everything else as they are, run again and when osls takes over', {
    timeout: 2 * commandMs,
  }, async () => {
    const { SecretProduction: SecretId, LedgerBucket } = await resourcesOf(aws, service.stackName);
    await aws.json('secretsmanager', 'secretsmanager.PutSecretValue', { SecretId, SecretString: secretText });
    const path = `/${LedgerBucket}/${ledger}`;
    await aws.accepted({ service: 's3', method: 'PUT', path, body: 'a ledger' });
    const before = await found();
    expect(before).toMatchObject({ secret: secretText, ledger: 'a ledger' });
    await runScript();
    expect(await found()).toEqual(before);
    expect(textOf(await stack(), 'StackStatus')).toBe('UPDATE_COMPLETE');
    await service.deploy(local, aws);
    expect(await found()).toEqual(before);
  });
});
