// A process that does ticks and may be killed: tick-process.ts, with the exporter's variables in its environment and
// LATER_ACKNOWLEDGEMENTS=1 for the ways of a Lambda function. Prints "ready"; then does one tick for each line that it
// reads, `<instant> <now>`, both ms since the epoch, and prints what came of it as a line of JSON. Ends with its input.
//
// Time is injected in one place: the wall clock that the exporter is given starts at `now` with each line and goes on
// in real time, so that a test's twenty minutes pass in two. Nothing else is changed. That is honest, because nobody
// the exporter talks to looks at a clock to judge it: Prefect's answers depend on the times in its database, which are
// those of the test; receivers refuse samples by timestamps (an hour behind their newest, ten minutes ahead of their
// clock), and the test's period lies within the last hour. Prefect's `Date` is later than the instant, which is what a
// tick that comes a little late sees.
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { type Clock, systemClock } from '../../../lib/clock.ts';
import { deadlineIn } from '../../../lib/deadline.ts';
import type { Exporter } from '../../../lib/exporter.ts';
import { TickError, type TickReport } from '../../../lib/report.ts';
import { makeExporter } from './make-exporter.ts';
import { createSetClock } from './set-clock.ts';

/** What a tick says of itself, as far as tests ask. */
export type TickAnswer = Pick<TickReport, 'outcome' | 'skip' | 'ledger'> & {
  readonly push: Pick<TickReport['push'], 'requests' | 'samplesSent' | 'samplesDropped'>;
  /** To Prefect. */
  readonly requests: number;
  readonly collectorsFailed: readonly string[];
  /** Of a tick that failed. */
  readonly error?: string;
};

async function answerOf(exporter: Exporter, instantMs: number, clock: Clock): Promise<TickAnswer> {
  try {
    return brief(await exporter.tick(instantMs, deadlineIn(50_000, clock)));
  } catch (error) {
    if (!(error instanceof TickError)) throw error;
    return { ...brief(error.report), error: `${error.message} ${String(error.cause)}` };
  }
}

const brief = ({ outcome, skip, push, ledger, exchanges, collectors }: TickReport): TickAnswer => ({
  outcome,
  ...(skip === undefined ? {} : { skip }),
  push: {
    requests: push.requests,
    samplesSent: push.samplesSent,
    samplesDropped: push.samplesDropped,
  },
  ledger,
  requests: exchanges.requests,
  collectorsFailed: collectors.flatMap(({ collector, success }) => (success ? [] : [collector])),
});

const { LATER_ACKNOWLEDGEMENTS: later, ...environment } = process.env;
const clock = createSetClock(systemClock.now());
const variables = Object.fromEntries(
  Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);
const exporter = makeExporter(variables, { clock, acknowledgeAtOnce: later === undefined });
const lines = createInterface({ input: process.stdin });
flushCompileCache();
process.stdout.write('ready\n');
lines.on('line', (line) => {
  const [instantMs = 0, nowMs = 0] = line.split(' ').map(Number);
  clock.setNow(nowMs);
  void answerOf(exporter, instantMs, clock).then((answer) =>
    process.stdout.write(`${JSON.stringify(answer)}\n`),
  );
});
await once(lines, 'close');
