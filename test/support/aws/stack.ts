import { setTimeout as pause } from 'node:timers/promises';
import type { AskAws } from './ask.ts';

/** Of a CloudFormation stack: ids by logical name. */
export type StackResources = Readonly<Record<string, string>>;

const tries = 240;
const pauseMs = 250;

/** Creates a stack from its template and waits for it. Rejects with what CloudFormation says. */
export async function createStack(aws: AskAws, name: string, template: object): Promise<StackResources> {
  const TemplateBody = JSON.stringify(template);
  const capabilities = { 'Capabilities.member.1': 'CAPABILITY_IAM' };
  await aws.form('cloudformation', 'CreateStack', { StackName: name, TemplateBody, ...capabilities });
  for (let tried = 0; tried < tries; tried += 1) {
    const xml = await aws.form('cloudformation', 'DescribeStacks', { StackName: name });
    const status = textOf(xml, 'StackStatus');
    if (status === 'CREATE_COMPLETE') return resourcesOf(aws, name);
    if (!status.endsWith('IN_PROGRESS')) throw new Error(`stack ${name}: ${xml}`);
    await pause(pauseMs);
  }
  throw new Error(`stack ${name} is not complete`);
}

/** An S3 bucket in the region of the stack. */
export async function createBucket(aws: AskAws, name: string, region: string): Promise<void> {
  const body = `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  await aws.accepted({ service: 's3', method: 'PUT', path: `/${name}`, body });
}

export async function resourcesOf(aws: AskAws, name: string): Promise<StackResources> {
  const xml = await aws.form('cloudformation', 'DescribeStackResources', { StackName: name });
  const members = xml.split('<member>').slice(1);
  return Object.fromEntries(
    members.map((member) => [textOf(member, 'LogicalResourceId'), textOf(member, 'PhysicalResourceId')]),
  );
}

/** The text of the first element of that name. */
export function textOf(xml: string, element: string): string {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1] ?? '';
}
