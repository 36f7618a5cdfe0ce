import type { Config, PrefectConfig } from '../config/config.ts';
import { LedgerDocumentError } from '../ledger/errors.ts';
import type { Problem } from '../problem.ts';
import type { TickReport } from '../report.ts';
import { PushError } from '../sinks/sink.ts';
import { diagnoseLedger } from './ledger.ts';
import { diagnosePrefect } from './prefect.ts';
import { diagnoseReceiver, diagnoseRefusals } from './receiver.ts';
import { diagnoseStore } from './store.ts';

/** Problems behind errors of reading Prefect, each once. */
export function explainReading(errors: readonly unknown[], prefect: PrefectConfig): Problem[] {
  const problems = errors.flatMap((error) => diagnosePrefect(error, prefect) ?? []);
  return [...new Map(problems.map((problem) => [`${problem.slug} ${problem.message}`, problem])).values()];
}

/** The problem behind an error of the store, or of the document in it. */
export function explainStore(error: unknown): readonly Problem[] {
  if (error instanceof LedgerDocumentError) return [diagnoseLedger(error)];
  const problem = diagnoseStore(error);
  return problem === undefined ? [] : [problem];
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
    const ofStore = explainStore(error);
    const ofReceiver =
      sink === undefined || !(error instanceof PushError) ? [] : (diagnoseReceiver(error, sink) ?? []);
    const refused = diagnoseRefusals(report.push, report.workspace ?? '');
    return ofPrefect.concat(ofStore, ofReceiver, refused);
  };
