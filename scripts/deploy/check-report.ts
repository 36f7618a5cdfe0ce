import { styleText } from 'node:util';
import { type CheckReport, formatCheck, type SectionStatus } from '../../lib/doctor/report.ts';
import type { Answer } from './running-stack.ts';

const styles: Readonly<Record<SectionStatus, 'green' | 'yellow' | 'red' | 'dim'>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim',
};

/** What `check --json` answered, for a person. A function without a receiver fails at every tick. */
export function reportOf(
  { status, output }: Answer,
  { needsReceiver }: { needsReceiver: boolean },
): { readonly text: string; readonly isGood: boolean } {
  const report = parsed(output);
  if (report === undefined) return { text: output.trim(), isGood: false };
  const text = formatCheck(report, (kind, word) => styleText(styles[kind], word));
  const asked = report.sections.some(({ name, status: how }) => name === 'receiver' && how !== 'skipped');
  if (status !== 0 || asked || !needsReceiver) return { text, isGood: status === 0 };
  return { text: `${text}\n${noReceiver}`, isGood: false };
}

const noReceiver =
  'There is nowhere to push to: set REMOTE_WRITE_URL or PUSHGATEWAY_URL below environment, or in the secret.';

function parsed(output: string): CheckReport | undefined {
  try {
    // The command beside this one prints nothing else with --json.
    return JSON.parse(output) as CheckReport;
  } catch {
    return undefined;
  }
}
