// The calls that the code of a deployed function made, beside those that test/infra/recorded-calls.json lists.
import { type AwsCall, allows, roleOf } from '../../infra/permissions.ts';
import { listedCalls, type recordedStages } from '../../infra/recorded-calls.ts';
import { knownOf } from '../../infra/stack.ts';
import { goldenTemplate, type Template } from '../../infra/template.ts';
import type { LocalAws } from '../real/ministack.ts';
import type { RecordedCall } from './recording-proxy.ts';
import type { StackResources } from './stack.ts';

interface CalledStack {
  readonly template: Template;
  readonly place: { readonly partition: string; readonly region: string; readonly accountId: string };
  /** Of the real stack. */
  readonly resources: StackResources;
}

/** What was signed by somebody else than the root: nobody but the function has a role that asks anything over the network. */
export const callsOfFunction = ({ proxy, credentials }: LocalAws): RecordedCall[] =>
  proxy.calls().filter(({ accessKeyId }) => accessKeyId !== credentials.accessKeyId);

export interface Compared {
  /** As the list names them. */
  readonly made: readonly AwsCall[];
  readonly listed: readonly AwsCall[];
  /** That the reviewed template of the stage would not allow. */
  readonly denied: readonly AwsCall[];
}

/** What the function of a deployed stage has asked for, and what the list has as recorded for it. */
export async function comparedCalls(
  stage: (typeof recordedStages)[number],
  local: LocalAws,
  resources: StackResources,
): Promise<Compared> {
  const template = goldenTemplate(stage);
  const place = { partition: 'aws', region: local.region, accountId: local.accountId };
  const calls = callsOfFunction(local).map(({ service, action, resource = '' }) => ({
    service,
    action,
    resource,
  }));
  const known = knownOf(template, { ...place, physicalIds: namesOf(resources) });
  const { statements } = roleOf(template, 'FunctionRole', known);
  const judged = await Promise.all(
    calls.map(async (call) => ({ call, can: await allows(statements, call) })),
  );
  const recorded = listedCalls[stage]?.FunctionRole.filter(({ source }) => source === 'recorded') ?? [];
  return {
    made: asListed(calls, { template, place, resources }),
    listed: sortedCalls(recorded.map(({ service, action, resource }) => ({ service, action, resource }))),
    denied: judged.filter(({ can }) => !can).map(({ call }) => call),
  };
}

/** The calls, each once and sorted, with the names that a stack of the template has in the list. */
function asListed(calls: readonly AwsCall[], { template, place, resources }: CalledStack): AwsCall[] {
  const physicalIds = namesOf(resources);
  const real = knownOf(template, { ...place, physicalIds });
  const listed = knownOf(template, { ...place, physicalIds: {} });
  const names = [...pairs(real.refs, listed.refs), ...pairs(real.attributes, listed.attributes)].sort(
    ([a], [b]) => b.length - a.length,
  );
  const renamed = calls.map(({ service, action, resource }) => ({
    ...{ service, action },
    resource: names.reduce((text, [from, to]) => text.replace(from, to), resource),
  }));
  return sortedCalls(renamed);
}

/** `Ref` of a queue is its URL; knownOf wants its name. */
const namesOf = (resources: StackResources): StackResources =>
  Object.fromEntries(
    Object.entries(resources).map(([id, physicalId]) => [id, physicalId.replace(/^https?:.*\//, '')]),
  );

function sortedCalls(calls: readonly AwsCall[]): AwsCall[] {
  const byText = new Map(
    calls.map((call) => [JSON.stringify([call.service, call.action, call.resource]), call]),
  );
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, call]) => call);
}

function pairs(
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return Object.entries(from).flatMap(([name, value]) =>
    to[name] === undefined || to[name] === value ? [] : [[value, to[name]]],
  );
}
