import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { filesOfProject } from '../../support/project-files.ts';

const Manifest = z.object({ license: z.string(), scripts: z.record(z.string(), z.string()) });

const documents = (await filesOfProject()).filter(
  (file) => file.endsWith('.md') && !file.startsWith('docs/reference/'),
);

describe('the documents', () => {
  it('ARCHITECTURE.md names only paths that exist', async () => {
    const text = await readFile('ARCHITECTURE.md', 'utf8');
    const paths = namedPaths(text);

    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('ARCHITECTURE.md describes every room', async () => {
    const text = await readFile('ARCHITECTURE.md', 'utf8');
    const rooms = new Set((await filesOfProject()).flatMap((file) => /^src\/[^/]+\//.exec(file) ?? []));

    expect([...rooms].filter((room) => !text.includes(`\`${room}\``))).toEqual([]);
  });

  it.each(documents)('%s links only to files that exist', async (document) => {
    expect((await linksOf(document)).filter((target) => !existsSync(target))).toEqual([]);
  });

  it('can all be reached from the README', async () => {
    const pages = (await filesOfProject()).filter((file) => /^docs\/.*\.(md|html)$/.test(file));
    const reached = new Set(['README.md']);
    for (const page of reached) {
      const targets = page.endsWith('.md') ? await linksOf(page) : [];
      const found = targets.flatMap((target) =>
        target.endsWith('/')
          ? pages.filter((file) => file.startsWith(target))
          : [target].filter((one) => pages.includes(one)),
      );
      for (const one of found) reached.add(one);
    }

    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });

  it.each(documents)('%s names only npm scripts that exist', async (document) => {
    const { scripts } = Manifest.parse(JSON.parse(await readFile('package.json', 'utf8')));
    const text = await readFile(document, 'utf8');
    const named = [...text.matchAll(/npm run (?:-s |--silent )?([a-z0-9:-]+)/g)].map((match) => match[1] ?? '');

    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('the README says the licence that the manifest and LICENSE say', async () => {
    const { license } = Manifest.parse(JSON.parse(await readFile('package.json', 'utf8')));

    expect(license).toBe('Apache-2.0');
    expect(await readFile('LICENSE', 'utf8')).toContain('Apache License\n                           Version 2.0');
    expect(await readFile('README.md', 'utf8')).toContain('Apache-2.0');
  });
});

/** Where the links of a document lead to inside the project, as paths from its root. */
async function linksOf(document: string): Promise<readonly string[]> {
  const text = await readFile(document, 'utf8');
  const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
  return targets.map((target) => join(dirname(document), target));
}

/** Words in code spans that look like a path of the project: with a slash, or a file name with an ending. */
function namedPaths(text: string): readonly string[] {
  const spans = [...text.matchAll(/`([A-Za-z0-9_.@/-]+)`/g)].map((match) => match[1] ?? '');
  return spans.filter(
    (span) =>
      /^(src|lib|bin|elements|test|scripts|bench|docs|\.ci)\//.test(span) || /^[a-z.A-Z-]+\.(json|md|ts)$/.test(span),
  );
}
