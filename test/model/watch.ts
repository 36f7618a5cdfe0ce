import type { Invocation } from './invocation.ts';
import type { Observer } from './network.ts';
import type { Profile } from './profiles.ts';
import type { Sample, Value } from './receiver.ts';

/** Something that must not happen. */
export interface Violation {
  readonly rule: string;
  readonly what: string;
}

/** Looks at every request, whether it arrives or not. */
export interface Watch {
  readonly observer: Observer;
  /** Which ledger an invocation works with. */
  opened(invocation: Invocation, ledgerId: string): void;
  report(rule: string, what: string): void;
  readonly violations: readonly Violation[];
  /** Series with samples that were given up by the age limit. */
  readonly expired: ReadonlySet<string>;
}

interface Sent {
  readonly value: Value;
  readonly ledgerId: string | undefined;
}

export function createWatch(profile: Profile, counts: { requests: number }): Watch {
  const violations: Violation[] = [];
  const sent = new Map<string, Map<number, Sent>>();
  const expired = new Set<string>();
  /** Invocation to the tick of the first entry of which it lost something. */
  const heads = new Map<number, number>();
  const ledgers = new Map<number, string>();
  /** Invocation to the series on their way, and to the newest timestamp of each that was sent. */
  const flying = new Map<number, Map<string, number>>();
  const report = (rule: string, what: string): void => {
    violations.push({ rule, what });
  };

  const checkValue = ({ key, timestampMs, value }: Sample, ledgerId: string | undefined): void => {
    const series = sent.get(key) ?? new Map<number, Sent>();
    sent.set(key, series);
    const before = series.get(timestampMs);
    if (before === undefined) series.set(timestampMs, { value, ledgerId });
    // Somebody removed the document, and the tick was done again in another one.
    else if (!Object.is(before.value, value) && before.ledgerId === ledgerId) {
      report('two values for one timestamp', `${shown(key)} at ${timestampMs}: ${before.value} and ${value}`);
    }
  };

  const observer: Observer = {
    sent({ id }, samples) {
      counts.requests += 1;
      const own = flying.get(id) ?? new Map<string, number>();
      flying.set(id, own);
      for (const sample of samples) {
        checkValue(sample, ledgers.get(id));
        const before = own.get(sample.key) ?? 0;
        if (sample.timestampMs < Math.abs(before)) report('sent out of order', shown(sample.key));
        if (before > 0) report('two requests at once', shown(sample.key));
        own.set(sample.key, sample.timestampMs);
      }
    },
    ended({ id }, samples) {
      // Negative: it has its answer.
      for (const { key, timestampMs } of samples) flying.get(id)?.set(key, -timestampMs);
    },
    lost({ id, tickMs }, samples, { isFinal, what }) {
      for (const { key, timestampMs } of samples) {
        // Only the first entry of an outbox may be older; its zeros are less than a minute older than its values.
        const entryMs = Math.ceil(timestampMs / 60_000) * 60_000;
        const headMs = heads.get(id) ?? entryMs;
        heads.set(id, headMs);
        if (timestampMs < tickMs - profile.outboxMs && entryMs === headMs) expired.add(key);
        else if (isFinal)
          report(`refused with loss (${what})`, `${shown(key)} at ${timestampMs - tickMs} ms of its tick`);
      }
    },
  };
  return {
    observer,
    report,
    violations,
    expired,
    opened: ({ id }, ledgerId) => {
      ledgers.set(id, ledgerId);
    },
  };
}

const shown = (key: string): string => key.replaceAll('\n', ' ');
