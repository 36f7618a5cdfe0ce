import { allCollectors } from '../lib/collectors/all.ts';
import { selfDescriptors } from '../lib/collectors/self.ts';
import type { FamilyDescriptor } from '../lib/metrics/family.ts';
import type { FeedFamily } from './feed.ts';

/** Every family there is, also those of collectors that are off. */
export const knownFamilies: readonly FeedFamily[] = [
  ...allCollectors.flatMap(({ name, families }) => families.map((family) => toFeed(family, name))),
  ...selfDescriptors.map((family) => toFeed(family, undefined)),
];

function toFeed({ name, help, type }: FamilyDescriptor, collector: string | undefined): FeedFamily {
  return { name, help, type, collector };
}
