import type { Clock } from '../lib/clock.ts';
import { deadlineIn } from '../lib/deadline.ts';
import { type CheckReport, formatCheck, type SectionStatus } from '../lib/doctor/report.ts';
import type { Terminal } from './terminal.ts';

const checkMs = 60_000;

const styles: Readonly<Record<SectionStatus, 'green' | 'yellow' | 'red' | 'dim'>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim',
};

/** Runs the doctor and prints its report. Resolves with the exit status. */
export async function check(
  run: (deadline: ReturnType<typeof deadlineIn>) => Promise<CheckReport>,
  { clock, terminal, json }: { clock: Clock; terminal: Terminal; json: boolean },
): Promise<number> {
  terminal.progress('asking Prefect and the receiver …');
  const report = await run(deadlineIn(checkMs, clock));
  terminal.print(
    json
      ? JSON.stringify(report, null, 2)
      : formatCheck(report, (status, text) => terminal.colour(styles[status], text)),
  );
  if (terminal.isTerminal && !json && report.exitStatus === 0) terminal.note(nextStep(report));
  return report.exitStatus;
}

/** The command to type next, after a check without failures. */
function nextStep({ sections }: CheckReport): string {
  const hasReceiver = sections.some(({ name, status }) => name === 'receiver' && status !== 'skipped');
  return hasReceiver ? 'next: prefect-push-exporter push' : 'next: prefect-push-exporter preview --series';
}
