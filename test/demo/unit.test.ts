import { describe, expect, it } from 'vitest';
import { knownFamilies } from '../../demo/families.ts';
import {
  drawn,
  formatBytes,
  formatDuration,
  formatNumber,
  formatValue,
  unitOf,
} from '../../demo/page/unit.ts';

describe('units', () => {
  it.each([
    ['prefect_flow_runs_open', 'count'],
    ['prefect_flow_runs_open_oldest_timestamp_seconds', 'timestamp'],
    ['prefect_exporter_tick_duration_seconds', 'duration'],
    ['prefect_deployment_objective_seconds', 'duration'],
    ['prefect_work_queue_ready', 'flag'],
    ['prefect_up', 'flag'],
    ['prefect_concurrency_limit_active', 'flag'],
    ['prefect_deployment_schedules_active', 'count'],
  ])('%s is a %s', (family, unit) => {
    expect(unitOf(family)).toBe(unit);
  });

  it('takes every family with a time in its name for one', () => {
    const times = knownFamilies
      .filter(({ name }) => name.includes('_seconds'))
      .map(({ name }) => unitOf(name));
    expect(times.length).toBeGreaterThan(5);
    expect(new Set(times)).toEqual(new Set(['timestamp', 'duration']));
  });

  it.each([
    [0, '0 s'],
    [0.000_012, '12 µs'],
    [0.0425, '43 ms'],
    [0.9996, '1 s'],
    [4.25, '4.25 s'],
    [59.4, '59 s'],
    [59.7, '1 min'],
    [200, '3 min 20 s'],
    [3599.6, '1 h'],
    [31_200, '8 h 40 min'],
    [273_600, '3 d 4 h'],
    [-90, '−1 min 30 s'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KiB'],
    [10_240, '10 KiB'],
    [1_300_000, '1.2 MiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('shows timestamps as ages, in the future too, and what is missing as missing', () => {
    const age = (value: number | null) => formatValue('timestamp', drawn('timestamp', value, 100_000));
    expect([age(40), age(160), age(null)]).toEqual(['1 min ago', 'in 1 min', '–']);
    expect(formatNumber(20_000.5)).toBe('20 000.5');
    expect([formatValue('flag', 1), formatValue('flag', 0), formatValue('flag', 0.5)]).toEqual([
      'yes',
      'no',
      '0.5',
    ]);
  });
});
