import { describe, expect, it } from 'vitest';
import { deploymentObjectives } from '../../lib/collectors/deployment-objectives.ts';
import { deployments } from '../../lib/collectors/deployments.ts';
import { parseObjectives } from '../../lib/collectors/objective-tags.ts';
import { createSelection } from '../../lib/collectors/selection.ts';
import { createTagLabels, shortList } from '../../lib/collectors/tag-labels.ts';
import { aContext, aDeployment } from '../support/fixtures.ts';

describe('objectives', () => {
  it.each([
    ['slo.freshness:90s', ['freshness', 90]],
    ['slo.freshness:26h', ['freshness', 93_600]],
    ['slo.duration:1.5h', ['duration', 5_400]],
    ['slo.duration: 2 d', ['duration', 172_800]],
    ['slo.start-delay:10m', ['start-delay', 600]],
    ['slo.freshness:1w', ['freshness', 604_800]],
  ])('%s', (tag, expected) => {
    const { seconds, unusable } = parseObjectives([tag]);
    expect([...seconds]).toEqual([expected]);
    expect(unusable).toEqual([]);
  });

  it.each([
    'slo.freshness:26',
    'slo.freshness:',
    'slo.freshness:0h',
    'slo.fresh:1h',
    'slo.duration:1h30m',
    'slo.x',
  ])('%s cannot be used', (tag) => {
    expect(parseObjectives([tag])).toEqual({ seconds: new Map(), unusable: [tag] });
  });

  it('other tags are not looked at, and of two the stricter counts in either order', () => {
    const tags = ['prod', 'sloth:1h', 'slo.duration:2h', 'slo.duration:30m'];
    expect(parseObjectives(tags)).toEqual({ seconds: new Map([['duration', 1_800]]), unusable: [] });
    expect(parseObjectives(tags.reverse()).seconds.get('duration')).toBe(1_800);
  });

  it('a tag that cannot be used is one warning, and costs no other objective', () => {
    const resources = {
      deployments: [
        aDeployment('etl', 'b', { tags: ['slo.duration:long', 'slo.freshness:1h'] }),
        aDeployment('etl', 'a', { tags: ['slo.duration:7'] }),
      ],
    };
    const [family] = deploymentObjectives.collect(resources, aContext());
    expect(family?.samples.map(({ labels, value }) => [labels.deployment, labels.objective, value])).toEqual([
      ['b', 'freshness', 3_600],
    ]);
    expect(deploymentObjectives.problems?.(resources, aContext())).toMatchObject([
      { slug: 'tag-unusable', found: 'etl/a: slo.duration:7, etl/b: slo.duration:long' },
    ]);
    const excluded = aContext({ deployments: { include: undefined, exclude: /./ } });
    expect(deploymentObjectives.problems?.(resources, excluded)).toEqual([]);
  });
});

describe('promoted tags', () => {
  const labels = createTagLabels(['team', 'cost-center']);

  it('are the same labels for every deployment, and for none', () => {
    expect(labels(aDeployment('a', 'b', { tags: ['cost-center:42:eu', 'teams:x'] }))).toEqual({
      team: '',
      cost_center: '42:eu',
    });
    expect(Object.keys(labels(undefined))).toEqual(['team', 'cost_center']);
  });

  it('of several values the first in order counts, whatever the order of the tags, with a warning', () => {
    const tags = ['team:ml', 'team:data', 'team:ml'];
    expect(labels(aDeployment('a', 'b', { tags })).team).toBe('data');
    expect(labels(aDeployment('a', 'b', { tags: tags.reverse() })).team).toBe('data');
    const context = aContext({ deploymentTagLabels: ['team', 'env'] });
    const problems = deployments.problems?.({ deployments: [aDeployment('a', 'b', { tags })] }, context);
    expect(problems).toMatchObject([{ slug: 'tag-unusable', found: 'a/b (data, ml)' }]);
    expect(
      deployments.problems?.(
        { deployments: [aDeployment('a', 'b', { tags: ['team:x', 'team:x'] })] },
        context,
      ),
    ).toEqual([]);
  });
});

describe('selection', () => {
  const select = (include?: RegExp, exclude?: RegExp) =>
    createSelection({
      flows: { include, exclude },
      deployments: { include: undefined, exclude: undefined },
      workPools: { include: /x/, exclude: undefined },
    });

  it('takes what include matches and exclude does not, the same every time', () => {
    const { flow } = select(/^etl/g, /-old$/g);
    const asked = ['etl', 'etl', 'etl-old', 'etl-old', 'report', 'etl'].map(flow);
    expect(asked).toEqual([true, true, false, false, false, true]);
  });

  it('without patterns takes everything, and each kind has its own', () => {
    expect(select().flow('')).toBe(true);
    expect(select().deployment('')).toBe(true);
    expect(select().workPool('')).toBe(false);
  });
});

it('lists are cut after three', () => {
  expect(shortList(['a', 'b', 'c'])).toBe('a, b, c');
  expect(shortList(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
});
