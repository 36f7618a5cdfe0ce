import { expect } from 'vitest';
import { explore } from './explore.ts';
import type { ProfileName } from './profiles.ts';

/** Of each 10,000 schedules. `MODEL_SCHEDULES=100000` runs ten times as many. */
export const shares = {
  calm: 100,
  base: 1_600,
  persample: 500,
  prefect: 1_100,
  tasks: 700,
  commandline: 700,
  overlapping: 1_300,
  backlog: 300,
  catchup: 150,
  longout: 80,
  old500: 50,
  longmiss: 90,
  hour: 5,
  overlap: 600,
  held: 300,
  pgwheld: 200,
  interval: 150,
  doclost: 600,
  full: 400,
  forget: 120,
  pgw: 900,
  pgwoverlap: 900,
} as const satisfies Record<ProfileName, number>;

const perTenThousand = Number(process.env.MODEL_SCHEDULES ?? 10_000) / 10_000;

/** `MODEL_SEED` repeats what a failure names; without it the same schedules run each time. */
const seed = Number(process.env.MODEL_SEED ?? 20_261_120);

/** Runs the share of a profile and says what it did. */
export async function expectRulesHold(profile: ProfileName): Promise<void> {
  const numRuns = Math.max(1, Math.round(shares[profile] * perTenThousand));
  const { failure, ...totals } = await explore({ profile, numRuns, seed, shrinks: true });
  const { schedules, ticks, crashes, steps, requests } = totals;
  process.stdout.write(
    `model ${profile}: ${schedules} schedules, ${ticks} ticks (${crashes} crashed), ${steps} steps, ${requests} requests\n`,
  );
  expect(failure, failure && shown(profile, failure)).toBeUndefined();
}

const shown = (profile: string, { path, schedule }: { readonly path: string; readonly schedule: unknown }) =>
  `node test/model/run.ts ${profile} 1 ${seed} ${path}\n${JSON.stringify(schedule)}`;
