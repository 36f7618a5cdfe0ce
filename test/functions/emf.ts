import * as z from 'zod';

/** Units of PutMetricData that the format takes. */
const unit = z.enum([
  'Seconds',
  'Microseconds',
  'Milliseconds',
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Bits',
  'Percent',
  'Count',
  'Bytes/Second',
  'Count/Second',
  'None',
]);

/**
 * The schema of the CloudWatch embedded metric format:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const document = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int().min(0),
    CloudWatchMetrics: z
      .array(
        z.strictObject({
          Namespace: z.string().min(1).max(1024),
          Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
          Metrics: z.array(z.strictObject({ Name: z.string().min(1).max(1024), Unit: unit })).max(100),
        }),
      )
      .min(1),
  }),
});

export interface EmbeddedMetrics {
  readonly timestampMs: number;
  readonly dimensions: Readonly<Record<string, string>>;
  /** What CloudWatch makes metrics of. */
  readonly values: Readonly<Record<string, number>>;
  /** All numbers of the line, by name. */
  readonly fields: Readonly<Record<string, number>>;
}

/** Reads one line in the format. Throws where it breaks it: a target member that is missing, a wrong type. */
export function parseEmbeddedMetrics(line: string): EmbeddedMetrics {
  if (!/^[^\n]+\n$/.test(line)) throw new Error('not one line');
  const root = document.parse(JSON.parse(line));
  const dimensions: Record<string, string> = {};
  const values: Record<string, number> = {};
  for (const { Dimensions, Metrics } of root._aws.CloudWatchMetrics) {
    for (const name of Dimensions.flat()) dimensions[name] = z.string().min(1).max(1024).parse(root[name]);
    for (const { Name } of Metrics) values[Name] = z.number().parse(root[Name]);
  }
  const fields = Object.fromEntries(
    Object.entries(root).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
  return { timestampMs: root._aws.Timestamp, dimensions, values, fields };
}
