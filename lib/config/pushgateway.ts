import { httpAddress } from './addresses.ts';
import type { PushgatewayConfig } from './config.ts';
import { jsonLabels } from './labels.ts';
import { pushgatewayMistake } from './mistakes/receiver.ts';
import { prefectVariables } from './prefect.ts';
import type { Reader } from './reader.ts';
import { text, wholeNumber } from './schemas.ts';
import { readSinkAuth, sinkAuthVariables } from './sink-auth.ts';
import { defaulted, optional } from './variable.ts';

const group = 'Pushgateway';

export const pushgatewayVariables = {
  url: optional({
    name: 'PUSHGATEWAY_URL',
    group,
    description:
      'The Pushgateway, for networks that allow nothing else; `/metrics/job/…` is added. Either this or REMOTE_WRITE_URL.',
    expected: 'http://pushgateway:9091',
    example: 'http://pushgateway:9091',
    schema: httpAddress,
    address: true,
    mistake: pushgatewayMistake,
    unset: 'REMOTE_WRITE_URL is used',
  }),
  ...sinkAuthVariables('PUSHGATEWAY', group, ''),
  job: defaulted({
    name: 'PUSHGATEWAY_JOB',
    group,
    description:
      'The job of the grouping key. One exporter, one key: two exporters with the same key overwrite each other.',
    expected: 'a name of at most 200 characters',
    example: 'prefect-exporter',
    schema: text(200),
    default: 'prefect-exporter',
  }),
  grouping: defaulted({
    name: 'PUSHGATEWAY_GROUPING',
    group,
    description: 'More labels of the grouping key. `workspace` is added unless it is here.',
    expected: 'a JSON object of label names and values, without "job"',
    example: '{"cluster":"eu-1"}',
    schema: jsonLabels(['workspace']).refine(
      (labels) => !Object.hasOwn(labels, 'job'),
      'has "job", which PUSHGATEWAY_JOB sets',
    ),
    default: '{}',
  }),
  timeoutMs: defaulted({
    name: 'PUSHGATEWAY_TIMEOUT_MS',
    group,
    description: 'How long one request may take, in milliseconds.',
    expected: 'a whole number from 100 to 300000',
    example: '10000',
    schema: wholeNumber(100, 300_000),
    default: '10000',
  }),
};

/** Undefined when PUSHGATEWAY_URL is missing or cannot be used. */
export function readPushgateway(reader: Reader): PushgatewayConfig | undefined {
  const variables = pushgatewayVariables;
  const url = reader.get(variables.url);
  const rest = {
    auth: readSinkAuth(reader, variables),
    job: reader.get(variables.job),
    grouping: reader.get(variables.grouping),
    timeoutMs: reader.get(variables.timeoutMs),
    maxRetries: reader.get(prefectVariables.maxRetries),
  };
  return url === undefined ? undefined : { kind: 'pushgateway', url, ...rest };
}
