import { describe, expect, it } from 'vitest';
import { amazonManagedPrometheus, grafanaCloud, monthlyPrice, priceLists } from '../../lib/metrics/price.ts';

describe('monthlyPrice', () => {
  it.each([
    [0, 0],
    [10_000, 0],
    [10_001, 19.01],
    [16_170, 59.11],
    [387_000, 2_469.5],
  ])('of %d series at Grafana Cloud is $%d', (series, dollars) => {
    expect(monthlyPrice(series, grafanaCloud)).toBeCloseTo(dollars, 2);
  });

  it.each([
    [900, 0],
    [1_000, 0.34],
    [7_580, 26.28],
    [177_500, 380.71],
    [387_000, 701.87],
  ])('of %d series at Amazon is $%d', (series, dollars) => {
    expect(monthlyPrice(series, amazonManagedPrometheus)).toBeCloseTo(dollars, 2);
  });

  it('every list says of when and from where it is', () => {
    for (const { asOf, source } of priceLists) {
      expect(asOf).toMatch(/^20\d\d-\d\d$/);
      expect(source).toMatch(/^https:/);
    }
  });
});
