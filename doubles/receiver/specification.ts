import type { ReceivedRequest } from '../server.ts';
import type { DecodedSeries } from './decode.ts';

/** The sentences of Remote-Write 1.0 that the request breaks; none when it is as it must be. */
export function brokenHeaderRules({ method, headers }: ReceivedRequest): string[] {
  const rules: readonly (readonly [boolean, string])[] = [
    [method === 'POST', 'MUST be a POST request'],
    [headers['content-encoding'] === 'snappy', 'MUST have Content-Encoding: snappy'],
    [headers['content-type'] === 'application/x-protobuf', 'MUST have Content-Type: application/x-protobuf'],
    [
      headers['x-prometheus-remote-write-version'] === '0.1.0',
      'MUST have X-Prometheus-Remote-Write-Version: 0.1.0',
    ],
    [/^[^/\s]+\/[^/\s]+/.test(headers['user-agent'] ?? ''), 'MUST have a User-Agent with name and version'],
  ];
  return rules.flatMap(([kept, rule]) => (kept ? [] : [rule]));
}

/** As above, for one series. */
export function brokenSeriesRules({ labels, samples }: DecodedSeries): string[] {
  const names = labels.map(({ name }) => name);
  const name = labels.find((label) => label.name === '__name__')?.value;
  const rules: readonly (readonly [boolean, string])[] = [
    [isStrictlyAscending(names), 'MUST have label names sorted in lexicographical order, none repeated'],
    [
      labels.every((label) => label.name !== '' && label.value !== ''),
      'MUST NOT contain empty names or values',
    ],
    [name !== undefined, 'SHOULD contain a __name__ label'],
    [/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name ?? ''), 'MUST have a metric name of the old character set'],
    [names.every((label) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)), 'MUST have label names of the old set'],
    // Not in the specification, and the rule that makes sending a request again harmless.
    [samples.length === 1, 'one sample of a series in a request'],
    [labels.length <= 30, 'at most 30 labels'],
    [labels.every((label) => Buffer.byteLength(label.value) <= 2_048), 'at most 2,048 bytes of label value'],
  ];
  const series = `${name}{${names.join()}}`;
  return rules.flatMap(([kept, rule]) => (kept ? [] : [`${rule}: ${series.slice(0, 200)}`]));
}

const isStrictlyAscending = (names: readonly string[]): boolean =>
  names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name);
