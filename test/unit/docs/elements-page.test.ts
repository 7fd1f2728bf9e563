import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { elementsPage } from '../../../scripts/elements-page.ts';

test('docs/elements.md is what npm run docs makes of the READMEs of the elements', async () => {
  const page = await readFile(new URL('../../../docs/elements.md', import.meta.url), 'utf8');

  expect(
    page === (await elementsPage()),
    'An element or its README has changed: run "npm run docs", and commit docs/elements.md',
  ).toBe(true);
});

test('each bundled element has a sentence on the page', async () => {
  const rows = (await elementsPage()).split('\n').filter((line) => line.startsWith('| [`'));

  expect(rows.length).toBeGreaterThan(80);
  expect(rows.filter((row) => !/ \| [A-Za-z][^|]{15,} \|$/.test(row))).toEqual([]);
});
