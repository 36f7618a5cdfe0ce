import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { slugs } from '../../lib/problem.ts';

const root = new URL('../../', import.meta.url);
const file = readFileSync(new URL('docs/TROUBLESHOOTING.md', root), 'utf8');

/** Everything that makes problems, as one text. */
const source = ['lib', 'infra']
  .flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && path !== 'problem.ts')
      .map((path) => readFileSync(new URL(`${folder}/${path}`, root), 'utf8')),
  )
  .join('\n');

interface Section {
  readonly slug: string;
  readonly text: string;
  /** The messages in it, by lines. */
  readonly messages: readonly (readonly string[])[];
}

const sections = file
  .split(/^(?=##)/m)
  .filter((part) => part.startsWith('### '))
  .map((text): Section => {
    const [heading = ''] = text.split('\n');
    const messages = [...text.matchAll(/^```text\n([\s\S]*?)\n```$/gm)].map(([, block = '']) =>
      block.split('\n'),
    );
    return { slug: heading.slice('### '.length), text, messages };
  });

/** The sentences, and what stands between the parts that differ. Words shorter than that are found anywhere. */
const fixedParts = (line: string): string[] =>
  line
    .replace(/^(?: {2}(?:found|expected|do) +|\S+ {2})/, '')
    .split(/<[^>]*>|(?<=\.) /)
    .map((part) => part.replace(/^[\s.,;:()]+|[\s.,;:()]+$/g, ''))
    .filter((part) => part.length >= 6);

describe('docs/TROUBLESHOOTING.md', () => {
  it('has one section for each slug, and no other', () => {
    expect(sections.map(({ slug }) => slug).sort()).toEqual(Object.keys(slugs).sort());
  });

  it.each(sections.map((section) => [section.slug, section] as const))(
    'says of %s when it appears, what it means, what to do, and the message',
    (slug, { text, messages }) => {
      for (const label of ['**When.** ', '**What it means.** ', '**What to do.** ']) {
        expect(text.split(label)).toHaveLength(2);
      }
      expect(messages.length).toBeGreaterThan(0);
      for (const [first = ''] of messages) expect(first).toMatch(new RegExp(`^${slug}  \\S`));
    },
  );

  it.each(sections.map((section) => [section.slug, section] as const))(
    'quotes the messages of %s as they are',
    (_, { messages }) => {
      const parts = messages.flat().flatMap(fixedParts);
      expect(parts.length).toBeGreaterThan(0);
      expect(parts.filter((part) => !source.includes(part))).toEqual([]);
    },
  );

  it('names slugs in its index that exist, and all of them', () => {
    const [, index = ''] = /## By symptom\n([\s\S]*?)\n## /.exec(file) ?? [];
    const linked = [...index.matchAll(/\[([\w-]+)\]\(#([\w-]+)\)/g)];
    for (const [, text, anchor] of linked) expect(text).toBe(anchor);
    const named = new Set(linked.map(([, , anchor]) => anchor));
    expect([...named].filter((slug) => slug === undefined || !(slug in slugs))).toEqual([]);
    expect(Object.keys(slugs).filter((slug) => !named.has(slug))).toEqual([]);
  });

  it('links to sections that exist', () => {
    const anchors = [...file.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(anchors.filter((anchor) => !(anchor in slugs))).toEqual([]);
  });
});

describe('every slug', () => {
  it.each(Object.keys(slugs))('%s is used', (slug) => {
    // One word alone may be a name of something else.
    const use = slug.includes('-') ? `'${slug}'` : `slug: '${slug}'`;
    expect(source).toContain(use);
  });
});
