export type Objective = 'freshness' | 'duration' | 'start-delay';

export interface ObjectiveTags {
  /** In the order freshness, duration, start-delay. */
  readonly seconds: ReadonlyMap<Objective, number>;
  /** Tags that start with `slo.` and say nothing we know. */
  readonly unusable: readonly string[];
}

const objectives: readonly Objective[] = ['freshness', 'duration', 'start-delay'];

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** `slo.<objective>:<number><unit>`; a bare number has no unit and is refused. */
export function parseObjectives(tags: readonly string[]): ObjectiveTags {
  const found = new Map<Objective, number>();
  const unusable: string[] = [];
  for (const tag of tags.filter((text) => text.startsWith('slo.'))) {
    const parsed = parseObjective(tag);
    if (parsed === undefined) unusable.push(tag);
    else found.set(parsed.objective, Math.min(parsed.seconds, found.get(parsed.objective) ?? parsed.seconds));
  }
  const seconds = objectives.flatMap((name): [Objective, number][] => {
    const value = found.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return { seconds: new Map(seconds), unusable };
}

function parseObjective(tag: string): { objective: Objective; seconds: number } | undefined {
  const [, name, amount, unit] = /^slo\.([a-z-]+):\s*(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(tag) ?? [];
  const objective = objectives.find((known) => known === name);
  const seconds = Number(amount) * (unitSeconds[unit ?? ''] ?? Number.NaN);
  return objective === undefined || !Number.isFinite(seconds) || seconds <= 0
    ? undefined
    : { objective, seconds };
}
