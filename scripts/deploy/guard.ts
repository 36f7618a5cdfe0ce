// Before anything is changed: what a deployment would lose, or fail at, because of what is there.
import { newSecrets, secretExists, stageChanges } from '../../infra/stage/change.ts';
import { StageError } from '../../infra/stage/error.ts';
import type { Stage } from '../../infra/stage/load.ts';
import { formatProblem } from '../../lib/problem.ts';
import type { Account } from './existing-secrets.ts';
import { existingSecrets } from './existing-secrets.ts';
import type { RunningStack } from './running-stack.ts';

export interface GuardOptions extends Account {
  /** What would be left behind is not needed any more. */
  readonly acceptChanges: boolean;
  print(line: string): void;
}

/** Throws `StageError` where the deployment should not go on. */
export async function guard(stage: Stage, running: RunningStack, options: GuardOptions): Promise<void> {
  const { acceptChanges, print } = options;
  if (running.kind === 'unknown') {
    print(`The running stack cannot be asked, so what it has is not compared with the stage: ${running.why}`);
    return;
  }
  const outputs = running.kind === 'there' ? running.outputs : {};
  const left = stageChanges(stage, outputs);
  const existing = await existingSecrets(newSecrets(stage, outputs), options);
  const inTheWay = existing.map((secret) => secretExists(stage, secret));
  const problems = [...(acceptChanges ? [] : left), ...inTheWay];
  if (problems.length > 0) throw new StageError(problems);
  for (const problem of left) print(`accepted: ${formatProblem(problem)}`);
}
