import type { Family, FamilyDescriptor } from './family.ts';

/** What is known of a family by its name; undefined where nothing is, such as after it was removed. */
export type DescribeFamily = (name: string) => Pick<FamilyDescriptor, 'help' | 'type'> | undefined;

/** Of two descriptors with one name the first counts, as in `checkFamilies`. */
export function describeBy(descriptors: readonly FamilyDescriptor[]): DescribeFamily {
  const byName = new Map(descriptors.toReversed().map((descriptor) => [descriptor.name, descriptor]));
  return (name) => byName.get(name);
}

export const descriptionsOf = (families: readonly Family[]): DescribeFamily =>
  describeBy(families.map(({ descriptor }) => descriptor));
