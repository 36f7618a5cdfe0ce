import { describe, expect, it } from 'vitest';
import { embeddedMetrics } from '../../lib/emf.ts';
import { parseEmbeddedMetrics } from '../functions/emf.ts';
import { type GoldenStage, goldenStageNames, goldenTemplate, resourcesOfType } from './template.ts';
import { tickReport } from './tick-report.ts';

const alarmsOf = (stage: GoldenStage) => resourcesOfType(goldenTemplate(stage), 'AWS::CloudWatch::Alarm');

/** What the code really writes for a tick of this workspace. */
function emitted(workspace: string, functionName = 'f') {
  const line = embeddedMetrics(tickReport(workspace), 600_000, { functionName });
  const [directive] = JSON.parse(line)._aws.CloudWatchMetrics;
  return { namespace: directive.Namespace, ...parseEmbeddedMetrics(`${line}\n`) };
}

function functionNameOf(stage: GoldenStage): string {
  const [made] = resourcesOfType(goldenTemplate(stage), 'AWS::Lambda::Function');
  return String(made?.[1].Properties.FunctionName);
}

/** Workspaces of the golden stages that have alarms. */
const workspaces: Readonly<Record<string, readonly string[]>> = {
  minimal: ['production'],
  'two-workspaces': ['production', 'staging'],
  'example-grafana-cloud': ['production'],
  'example-managed-prometheus': ['production'],
  'example-pushgateway-vpc': ['production'],
  'several-workspaces': ['production', 'data-team', 'lab'],
  everything: [],
};

describe.each(goldenStageNames)('alarms of stage %s', (stage) => {
  it('watch metrics of ours that the code writes, for each workspace', () => {
    const ours = alarmsOf(stage).filter(
      ([, { Properties }]) => String(Properties.Namespace) === 'PrefectPushExporter',
    );
    const expected = (workspaces[stage] ?? []).flatMap((workspace) => {
      const { namespace, dimensions, values } = emitted(workspace, functionNameOf(stage));
      const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
      return ['TickSuccess', 'TickSuccess', 'CursorLagSeconds'].map((name) => {
        expect(Object.keys(values)).toContain(name);
        return { Namespace: namespace, MetricName: name, Dimensions };
      });
    });
    expect(
      ours.map(([, { Properties }]) => ({
        Namespace: Properties.Namespace,
        MetricName: Properties.MetricName,
        Dimensions: Properties.Dimensions,
      })),
    ).toEqual(expected);
  });

  it('have periods that CloudWatch takes', () => {
    for (const [, { Properties }] of alarmsOf(stage)) {
      const period = Number(Properties.Period);
      expect(period % 60).toBe(0);
      // More than a day is refused for periods below an hour, more than seven days for any.
      const longest = period < 3_600 ? 86_400 : 7 * 86_400;
      expect(period * Number(Properties.EvaluationPeriods)).toBeLessThanOrEqual(longest);
    }
  });
});

describe('the figures of alarms', () => {
  it('are switched on with them', () => {
    const emf = (stage: GoldenStage) => JSON.stringify(goldenTemplate(stage)).match(/"EMF":"(\w+)"/)?.[1];
    expect(emf('minimal')).toBe('true');
    expect(emf('everything')).toBe('false');
    expect(alarmsOf('everything')).toEqual([]);
  });

  it('have a lag of what is not counted yet, and none where there is no ledger', () => {
    expect(emitted('production').values.CursorLagSeconds).toBe(60);
  });
});
