import type { Clock } from './clock.ts';
import { allCollectors } from './collectors/all.ts';
import type { Config } from './config/config.ts';
import type { Deadline } from './deadline.ts';
import { explainFor, explainReading } from './diagnosis/tick.ts';
import { createDoctor } from './doctor/doctor.ts';
import type { Probes } from './doctor/probes.ts';
import type { CheckReport } from './doctor/report.ts';
import { tickInstantMs } from './instant.ts';
import { type Preview, previewTick } from './preview.ts';
import type { Problem } from './problem.ts';
import type { TickReport } from './report.ts';
import { createSessions, type WiredSession } from './session.ts';
import { runTick } from './tick.ts';

/** One wired exporter, for the life of a process: what is cached lives in it, connections live for one call. */
export interface Exporter {
  /**
   * Does nothing for an instant that is not after the newest one it has pushed: schedules deliver an event twice.
   * @param scheduledMs the time the tick is for. Rejects with `TickError`.
   */
  tick(scheduledMs: number, deadline: Deadline): Promise<TickReport>;
  preview(nowMs: number, deadline: Deadline): Promise<Preview>;
  /** @param warnings of the configuration, for the report */
  check(deadline: Deadline, warnings: readonly Problem[]): Promise<CheckReport>;
}

/** Somebody waits for a check: it asks each question twice at most, and for half as long. */
const checkTimeoutMs = 10_000;

export function createExporter(config: Config, clock: Clock): Exporter {
  const openSession = createSessions(config, clock);
  const { intervalSeconds } = config.tick;
  const explain = explainFor(config);
  let pushedThroughMs: number | undefined;
  return {
    async tick(scheduledMs, deadline) {
      const options = { clock, intervalSeconds, pushedThroughMs, openSession, explain };
      const report = await runTick(options, scheduledMs, deadline);
      if (report.skip === undefined) pushedThroughMs = report.instantMs;
      return report;
    },
    async preview(nowMs, deadline) {
      const instantMs = tickInstantMs(nowMs, intervalSeconds);
      const session = openSession(instantMs, deadline);
      try {
        const previewed = await previewTick(
          { ...session.gathering, clock },
          allCollectors,
          instantMs,
          deadline,
        );
        const errors = previewed.failures.map(({ error }) => error);
        return { ...previewed, problems: [...previewed.problems, ...explainReading(errors, config.prefect)] };
      } finally {
        await session.close();
      }
    },
    check(deadline, warnings) {
      const openChecking = createSessions(quick(config), clock, checkTimeoutMs);
      const openProbes = () =>
        probesOf(openChecking(tickInstantMs(clock.now(), intervalSeconds), deadline), deadline);
      return createDoctor(config, clock, openProbes).check(deadline, warnings);
    },
  };
}

const quick = (config: Config): Config => ({
  ...config,
  prefect: { ...config.prefect, maxRetries: Math.min(1, config.prefect.maxRetries) },
  sink: config.sink && { ...config.sink, timeoutMs: Math.min(checkTimeoutMs, config.sink.timeoutMs) },
});

const probesOf = ({ gathering, ...session }: WiredSession, deadline: Deadline): Probes => ({
  ...session,
  deadline,
  collectors: gathering.collectors,
  reader: gathering.reader,
});
