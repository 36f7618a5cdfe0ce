import type { FamilyDescriptor } from '../metrics/family.ts';
import { nameLabel, type Series, seriesName } from '../metrics/series.ts';

/* The text that `promtool tsdb create-blocks-from openmetrics` reads (OpenMetrics 1.0). */

/** Counters are called without `_total` there. */
export const openMetricsName = ({ name, type }: Pick<FamilyDescriptor, 'name' | 'type'>): string =>
  type === 'counter' ? name.replace(/_total$/, '') : name;

export const openMetricsHead = (descriptor: FamilyDescriptor): string => {
  const name = openMetricsName(descriptor);
  return `# TYPE ${name} ${descriptor.type}\n# HELP ${name} ${escaped(descriptor.help)}\n`;
};

export const openMetricsEnd = '# EOF\n';

/** `name{label="value",…}` */
export function openMetricsSeries(series: Series): string {
  const pairs = series.names.flatMap((name, index) =>
    name === nameLabel ? [] : [`${name}="${escaped(series.values[index] ?? '')}"`],
  );
  return pairs.length === 0 ? seriesName(series) : `${seriesName(series)}{${pairs.join()}}`;
}

const escaped = (text: string): string =>
  /[\\"\n]/.test(text) ? text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : text;

/** Seconds with as many digits as they need. */
export const openMetricsTime = (ms: number): string => {
  const rest = ms % 1000;
  return rest === 0 ? String(ms / 1000) : `${Math.floor(ms / 1000)}.${String(rest).padStart(3, '0')}`;
};
