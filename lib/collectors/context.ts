import type { SeriesConfig } from '../config/config.ts';
import type { CollectContext } from './collector.ts';
import { createSelection } from './selection.ts';
import { createTagLabels } from './tag-labels.ts';

/** What collectors need to know besides the resources. @param nowMs the tick's instant */
export const createCollectContext = (series: SeriesConfig, nowMs: number): CollectContext => ({
  nowMs,
  zeroFill: series.zeroFill ?? series.detail !== 'lean',
  historyWindowMinutes: series.historyWindowMinutes,
  selection: createSelection(series),
  tagKeys: series.deploymentTagLabels,
  tagLabels: createTagLabels(series.deploymentTagLabels),
});
