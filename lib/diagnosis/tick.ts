import type { Config, PrefectConfig } from '../config/config.ts';
import type { Problem } from '../problem.ts';
import type { TickReport } from '../report.ts';
import { PushError } from '../sinks/sink.ts';
import { diagnosePrefect } from './prefect.ts';
import { diagnoseReceiver, diagnoseRefusals } from './receiver.ts';

/** Problems behind errors of reading Prefect, each once. */
export function explainReading(errors: readonly unknown[], prefect: PrefectConfig): Problem[] {
  const problems = errors.flatMap((error) => diagnosePrefect(error, prefect) ?? []);
  return [...new Map(problems.map((problem) => [`${problem.slug} ${problem.message}`, problem])).values()];
}

/** Problems behind the errors of a tick: those of the receiver, and each of Prefect's once. */
export const explainFor =
  ({ prefect, sink }: Config) =>
  (report: TickReport, error: unknown): readonly Problem[] => {
    const errors = [error, ...report.collectors.map((outcome) => outcome.error)];
    const ofPrefect = explainReading(
      errors.filter((cause) => !(cause instanceof PushError)),
      prefect,
    );
    const ofReceiver =
      sink === undefined || !(error instanceof PushError) ? [] : (diagnoseReceiver(error, sink) ?? []);
    const refused = diagnoseRefusals(report.push, report.workspace ?? '');
    return ofPrefect.concat(ofReceiver, refused);
  };
