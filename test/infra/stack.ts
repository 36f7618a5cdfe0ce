import type { Known } from './resolve.ts';
import { resourcesOfType, type Template } from './template.ts';

/** Where a template is deployed, and names that AWS would have made up. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  /** `Ref` of resources, by logical id. Names are made up for those that are not here. */
  readonly physicalIds: Readonly<Record<string, string>>;
}

/** What the stack of a template knows. Takes the physical ids of a real stack, or makes names like those of AWS. */
export function knownOf(template: Template, { partition, region, accountId, physicalIds }: Place): Known {
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const idsOf = (type: string) => resourcesOfType(template, type).map(([id]) => id);
  const bucket = (id: string) => physicalIds[id] ?? `stack-${id.toLowerCase()}-abcdefghijkl`;
  const attributes: Record<string, string> = {};
  for (const id of idsOf('AWS::S3::Bucket')) attributes[`${id}.Arn`] = `arn:${partition}:s3:::${bucket(id)}`;
  for (const id of idsOf('AWS::SQS::Queue'))
    attributes[`${id}.Arn`] = arn('sqs', physicalIds[id] ?? `stack-${id}-Ab1`);
  for (const [id, { Properties }] of resourcesOfType(template, 'AWS::Logs::LogGroup')) {
    attributes[`${id}.Arn`] = arn('logs', `log-group:${Properties.LogGroupName}:*`);
  }
  for (const [id, { Properties }] of resourcesOfType(template, 'AWS::Lambda::Function')) {
    attributes[`${id}.Arn`] = arn('lambda', `function:${Properties.FunctionName}`);
  }
  for (const id of idsOf('AWS::Scheduler::ScheduleGroup')) {
    attributes[`${id}.Arn`] = arn('scheduler', `schedule-group/${physicalIds[id] ?? `stack-${id}-Ab1`}`);
  }
  const secrets = resourcesOfType(template, 'AWS::SecretsManager::Secret').map(
    ([id, { Properties }]) =>
      [id, physicalIds[id] ?? arn('secretsmanager', `secret:${Properties.Name}-Ab1Cd2`)] as const,
  );
  const buckets = idsOf('AWS::S3::Bucket').map((id) => [id, bucket(id)] as const);
  const pseudo = {
    'AWS::Partition': partition,
    'AWS::Region': region,
    'AWS::AccountId': accountId,
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
    'AWS::URLSuffix': partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
  };
  return { refs: { ...pseudo, ...Object.fromEntries([...secrets, ...buckets]) }, attributes };
}
