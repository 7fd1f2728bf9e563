import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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
    const text = await readFile(document, 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    const folder = new URL(document, `file://${process.cwd()}/`);

    expect(targets.filter((target) => !existsSync(new URL(target, folder)))).toEqual([]);
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

/** Words in code spans that look like a path of the project: with a slash, or a file name with an ending. */
function namedPaths(text: string): readonly string[] {
  const spans = [...text.matchAll(/`([A-Za-z0-9_.@/-]+)`/g)].map((match) => match[1] ?? '');
  return spans.filter(
    (span) =>
      /^(src|lib|bin|elements|test|scripts|bench|docs|\.ci)\//.test(span) || /^[a-z.A-Z-]+\.(json|md|ts)$/.test(span),
  );
}
