import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { statementIds } from '../../support/contract-page.ts';
import { filesOfProject } from '../../support/project-files.ts';

const ids = statementIds();
const tagged = await idsIn(
  (await filesOfProject()).filter((file) => file.endsWith('.test.ts') && !file.startsWith('test/unit/house/')),
  /\btags: \[([^\]]*)\]/g,
  /'([^']+)'/g,
);
const different = await idsIn(['docs/differences.md'], /<!-- (.*?) -->/g, /(\S+)/g);

describe('the statements of the contract', () => {
  it('have each an id of their own', () => {
    expect(ids.length).toBeGreaterThan(200);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('are each proven by a test or named as a difference', () => {
    expect(ids.filter((id) => !tagged.has(id) && !different.has(id))).toEqual([]);
  });

  it('are the only ones that tests and differences name', () => {
    expect([...tagged, ...different].filter((id) => !ids.includes(id))).toEqual([]);
  });
});

/** What `id` finds within what `list` finds in files. */
async function idsIn(files: readonly string[], list: RegExp, id: RegExp): Promise<ReadonlySet<string>> {
  const texts = await Promise.all(files.map(async (file) => await readFile(file, 'utf8')));
  const lists = texts.flatMap((text) => [...text.matchAll(list)].map((match) => match[1] ?? ''));
  return new Set(lists.flatMap((text) => [...text.matchAll(id)].map((match) => match[1] ?? '')));
}
