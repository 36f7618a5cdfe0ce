import type { FamilyDescriptor } from './family.ts';

/** Prometheus data model, without `:`, which belongs to recording rules. */
const namePattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Mimir's `max_label_name_length`, also its limit for metric names. */
const maxNameLength = 1_024;

/** Units that are not base units, and abbreviations of base units (promlint, "metric_units"). */
const otherUnits =
  /_(?:minutes?|hours?|days?|weeks?|milliseconds?|microseconds?|nanoseconds?|ms|us|ns|secs?|mins?|hrs?|kilobytes?|megabytes?|gigabytes?|kb|mb|gb|percent)(?:_|$)/i;

/** Suffixes that histograms and summaries own. */
const histogramSuffix = /_(?:bucket|count|sum)$/;

/** What is wrong with a name of a metric or of a label; undefined for nothing. */
export function nameFault(name: string): string | undefined {
  if (!namePattern.test(name)) return `the name "${name}" is not ${namePattern.source}`;
  if (name.startsWith('__')) return `the name ${name} starts with "__", which is reserved`;
  if (name.length > maxNameLength) return `the name ${name.slice(0, 40)}… is longer than ${maxNameLength}`;
  return undefined;
}

/** What is wrong with a descriptor, whatever its samples; empty for nothing. */
export function descriptorFaults(descriptor: FamilyDescriptor): readonly string[] {
  const { name, help, labels, tagged } = descriptor;
  const faults = [name, ...labels].map(nameFault).filter((fault) => fault !== undefined);
  if (help.trim() === '') faults.push('it has no help');
  if (new Set(labels).size !== labels.length) faults.push('a label is listed twice');
  if (labels.includes('le')) faults.push('the label le belongs to histograms');
  if (tagged && !labels.includes('deployment')) faults.push('it has promoted tags and no label deployment');
  return descriptor.keptName ? faults : [...faults, ...conventionFaults(descriptor)];
}

/** The rules of prometheus.io/docs/practices/naming, as promlint has them. */
function conventionFaults({ name, type }: FamilyDescriptor): readonly string[] {
  const faults: string[] = [];
  if (!/^prefect_[a-z0-9_]+$/.test(name)) faults.push('its name is not prefect_ and lower case');
  if (name.endsWith('_total') !== (type === 'counter'))
    faults.push('_total is for counters, and for all of them');
  if (otherUnits.test(name)) faults.push('its unit is not a base unit');
  if (histogramSuffix.test(name)) faults.push('its suffix belongs to histograms');
  return faults;
}
