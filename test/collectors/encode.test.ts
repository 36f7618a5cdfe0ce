import { expect, it } from 'vitest';
import { allCollectors } from '../../lib/collectors/all.ts';
import { encodeText } from '../../lib/encode/text.ts';
import { checkFamilies } from '../../lib/metrics/check.ts';
import { countSeries } from '../../lib/metrics/count.ts';
import { descriptionsOf } from '../../lib/metrics/description.ts';
import { commonLabels, withLabels } from '../../lib/metrics/labels.ts';
import { toSeriesSamples } from '../../lib/metrics/to-series.ts';
import { aContext, aSeriesConfig, aWorkspace } from '../support/fixtures.ts';

it('what passes the check can be encoded, every series of it', async () => {
  const collected = allCollectors.flatMap((one) => one.collect(aWorkspace, aContext()));
  const labels = commonLabels(aSeriesConfig().externalLabels, 'prod');
  const { families } = checkFamilies(withLabels(collected, labels), {
    tags: [],
    common: Object.keys(labels),
  });
  const lines = (await encodeText(toSeriesSamples(families), descriptionsOf(families)))
    .split('\n')
    .filter((line) => /^[a-z]/.test(line));
  expect(lines).toHaveLength(countSeries(collected));
  expect(lines.filter((line) => !line.includes('job="prefect-exporter"'))).toEqual([]);
  expect(lines.filter((line) => !line.includes('workspace="prod"'))).toEqual([]);
});
