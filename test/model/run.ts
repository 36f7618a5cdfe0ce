// Runs schedules of one profile: `run.ts <profile> <schedules> <seed> [path] [--shrink]`. Ends with 1 when a rule breaks.
import { explore } from './explore.ts';
import { profileNames } from './profiles.ts';

const [wanted = 'base', count = '100', seed = '1', ...rest] = process.argv.slice(2);
const profile = profileNames.find((name) => name === wanted);
if (profile === undefined) throw new Error(`No profile ${wanted}; there are ${profileNames.join()}`);
const path = rest.find((word) => !word.startsWith('--'));
const startedMs = process.cpuUsage();
const { failure, ...totals } = await explore({
  profile,
  numRuns: Number(count),
  seed: Number(seed),
  ...(path === undefined ? {} : { path }),
  shrinks: rest.includes('--shrink'),
});
const { user, system } = process.cpuUsage(startedMs);
const lines = [`${profile} ${JSON.stringify({ ...totals, cpuMs: Math.round((user + system) / 1000) })}`];
if (failure !== undefined) {
  lines.push(JSON.stringify(failure.schedule), `seed ${failure.seed} path ${failure.path}`);
  for (const { rule, what } of failure.violations.slice(0, 10)) lines.push(`${rule}: ${what}`);
}
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = failure === undefined ? 0 : 1;
