// The calls that were made with the roles of a stack, as test/infra/recorded-calls.json lists them.
import type { AwsCall } from '../../infra/permissions.ts';
import { knownOf } from '../../infra/stack.ts';
import type { Template } from '../../infra/template.ts';
import type { StackResources } from './stack.ts';

export interface CalledStack {
  readonly template: Template;
  readonly place: { readonly partition: string; readonly region: string; readonly accountId: string };
  /** Of the real stack. */
  readonly resources: StackResources;
}

/** The calls, each once and sorted, with the names that a stack of the template has in the list. */
export function asListed(calls: readonly AwsCall[], { template, place, resources }: CalledStack): AwsCall[] {
  const physicalIds = namesOf(resources);
  const real = knownOf(template, { ...place, physicalIds });
  const listed = knownOf(template, { ...place, physicalIds: {} });
  const names = [...pairs(real.refs, listed.refs), ...pairs(real.attributes, listed.attributes)].sort(
    ([a], [b]) => b.length - a.length,
  );
  const renamed = calls.map(({ service, action, resource }) => ({
    ...{ service, action },
    resource: names
      .reduce((text, [from, to]) => text.replace(from, to), resource)
      .replace(stream, sampleStream),
  }));
  return sortedCalls(renamed);
}

/** `Ref` of a queue is its URL; knownOf wants its name. */
export const namesOf = (resources: StackResources): StackResources =>
  Object.fromEntries(
    Object.entries(resources).map(([id, physicalId]) => [id, physicalId.replace(/^https?:.*\//, '')]),
  );

export function sortedCalls(calls: readonly AwsCall[]): AwsCall[] {
  const byText = new Map(
    calls.map((call) => [JSON.stringify([call.service, call.action, call.resource]), call]),
  );
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, call]) => call);
}

const stream = /\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}/;
const sampleStream = '2026/11/29/[$$LATEST]0123456789abcdef0123456789abcdef';

function pairs(
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return Object.entries(from).flatMap(([name, value]) =>
    to[name] === undefined || to[name] === value ? [] : [[value, to[name]]],
  );
}
