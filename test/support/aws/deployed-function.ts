import * as z from 'zod';
import type { AskAws } from './ask.ts';

/** A deployed function, as a person with all rights uses it. */
export interface DeployedFunction {
  /** Waits for the answer. `error` is what the runtime reports of a handler that threw. */
  invoke(event: object): Promise<{ readonly value?: unknown; readonly error?: string }>;
  /** As a schedule does: Lambda takes the event, and nobody hears of it. */
  send(event: object): Promise<void>;
  /** Replaces variables; containers that run are given up. */
  setVariables(changed: Readonly<Record<string, string>>): Promise<void>;
  /** The lines that it wrote itself, oldest first. */
  lines(): Promise<LogLine[]>;
  /** Names of its log streams. */
  streams(): Promise<string[]>;
}

export type LogLine = z.infer<typeof line>;

const line = z.looseObject({ level: z.string(), message: z.string() });
const configuration = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});
const events = z.object({ events: z.array(z.object({ message: z.string(), timestamp: z.number() })) });

const logStreams = z.object({ logStreams: z.array(z.object({ logStreamName: z.string() })) });

export function deployedFunction(aws: AskAws, name: string): DeployedFunction {
  const base = `/2015-03-31/functions/${name}`;
  const logGroupName = `/aws/lambda/${name}`;
  const call = (event: object, kind: string) =>
    aws.raw({
      service: 'lambda',
      path: `${base}/invocations`,
      headers: { 'x-amz-invocation-type': kind },
      body: JSON.stringify(event),
    });
  const read = async () =>
    configuration.parse(
      JSON.parse(await aws.accepted({ service: 'lambda', method: 'GET', path: `${base}/configuration` })),
    );
  return {
    async invoke(event) {
      const { status, headers, body } = await call(event, 'RequestResponse');
      if (status !== 200) throw new Error(`invoking ${name}: ${status} ${body}`);
      return headers.has('x-amz-function-error') ? { error: body } : { value: JSON.parse(body) };
    },
    async send(event) {
      const { status, body } = await call(event, 'Event');
      if (status !== 202) throw new Error(`invoking ${name}: ${status} ${body}`);
    },
    async setVariables(changed) {
      const { Environment } = await read();
      const body = JSON.stringify({ Environment: { Variables: { ...Environment.Variables, ...changed } } });
      await aws.accepted({ service: 'lambda', method: 'PUT', path: `${base}/configuration`, body });
    },
    async lines() {
      const answer = await aws.json('logs', 'Logs_20140328.FilterLogEvents', { logGroupName });
      return events.parse(answer).events.flatMap(({ message }) => linesIn(message));
    },
    async streams() {
      const answer = await aws.json('logs', 'Logs_20140328.DescribeLogStreams', { logGroupName });
      return logStreams.parse(answer).logStreams.map(({ logStreamName }) => logStreamName);
    },
  };
}

/** An event may hold several lines, and those of Lambda itself. */
const linesIn = (message: string): LogLine[] =>
  message.split('\n').flatMap((text) => {
    if (!text.startsWith('{')) return [];
    const parsed = line.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data] : [];
  });
