import type { Problem } from '../problem.ts';
import { countSeries } from './count.ts';
import type { Family } from './family.ts';
import { foldFlows } from './fold.ts';
import { seriesLimitProblem } from './series-limit.ts';

export interface LimitedFamilies {
  readonly families: readonly Family[];
  /** Flows whose series went into `flow="_other"`, in the order they were taken. */
  readonly foldedFlows: readonly string[];
  /** Names of families that were left out. */
  readonly droppedFamilies: readonly string[];
  /** Series before anything was done, the reserved ones included. */
  readonly total: number;
  /** Undefined when nothing had to be done. */
  readonly problem: Problem | undefined;
}

/**
 * Brings the families down to `maxSeries` series. First the label sets of foldable families (`descriptor.fold`) go
 * into `flow="_other", deployment="_other"`, the flow with most series first, only as many flows as needed; pool
 * and queue stay, so that sums by them stay exact. If that is not enough, whole families are left out, the largest
 * first, `prefect_deployment_*` after all others, and whatever still fits comes back. `prefect_exporter_*` and
 * `prefect_up` always stay. The order of the input does not matter.
 *
 * @param tagLabels names of the promoted tags; folded label sets lose them.
 * @param reserved series that go out beside these families and count as well, such as the self-metrics.
 */
export function limitSeries(
  families: readonly Family[],
  maxSeries: number,
  tagLabels: readonly string[] = [],
  reserved = 0,
): LimitedFamilies {
  const total = reserved + countSeries(families);
  if (total <= maxSeries) {
    return { families, foldedFlows: [], droppedFamilies: [], total, problem: undefined };
  }
  const folded = foldFlows(families, total - maxSeries, tagLabels);
  const dropped = familiesToDrop(folded.families, maxSeries - reserved);
  const droppedFamilies = [...dropped].sort();
  return {
    families: folded.families.filter(({ descriptor }) => !dropped.has(descriptor.name)),
    foldedFlows: folded.flows,
    droppedFamilies,
    total,
    problem: seriesLimitProblem(families, { maxSeries, total, dropped: droppedFamilies }),
  };
}

/** Self-metrics say that something is missing: they never are. */
const isProtected = ({ descriptor: { name } }: Family): boolean =>
  name.startsWith('prefect_exporter_') || name === 'prefect_up';

const isDeployment = ({ descriptor: { name } }: Family): boolean => name.startsWith('prefect_deployment_');

function familiesToDrop(families: readonly Family[], maxSeries: number): ReadonlySet<string> {
  let left = countSeries(families);
  const dropped: Family[] = [];
  for (const family of inDropOrder(families)) {
    if (left <= maxSeries) break;
    dropped.push(family);
    left -= family.samples.length;
  }
  const names = new Set(dropped.map(({ descriptor }) => descriptor.name));
  // Small families that went before one large one need not have gone.
  for (const { descriptor, samples } of dropped.reverse()) {
    if (left + samples.length > maxSeries) continue;
    names.delete(descriptor.name);
    left += samples.length;
  }
  return names;
}

const inDropOrder = (families: readonly Family[]): readonly Family[] =>
  families
    .filter((family) => !isProtected(family))
    .sort(
      (a, b) =>
        Number(isDeployment(a)) - Number(isDeployment(b)) ||
        b.samples.length - a.samples.length ||
        (a.descriptor.name < b.descriptor.name ? -1 : 1),
    );
