import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { elementsPage, elementsSearchPage } from '../../../scripts/elements-page.ts';

const PAGES = { 'elements.md': elementsPage, 'elements.html': elementsSearchPage };

test.each(Object.entries(PAGES))(
  'docs/%s is what npm run docs makes of the READMEs of the elements',
  async (name, make) => {
    const page = await readFile(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

    expect(
      page === (await make()),
      `An element or its README has changed: run "npm run docs", and commit docs/${name}`,
    ).toBe(true);
  },
);

test('each bundled element has a sentence on the page', async () => {
  const rows = (await elementsPage()).split('\n').filter((line) => line.startsWith('| [`'));

  expect(rows.length).toBeGreaterThan(80);
  expect(rows.filter((row) => !/ \| [A-Za-z][^|]{15,} \|$/.test(row))).toEqual([]);
});

test('each bundled element has a kind, by the rules of scripts/element-kinds.ts', async () => {
  expect(await elementsPage()).not.toMatch(/## Others\n/);
});

/** The rows of the page that are shown when somebody has typed these words: its script, on what it asks of a browser. */
async function shownFor(words: string): Promise<{ names: readonly string[]; told: string }> {
  const page = await elementsSearchPage();
  const texts = [...page.matchAll(/^<tr>(<td>.*)<\/tr>$/gm)].map(([, cells = '']) =>
    cells.replaceAll(/<[^>]*>/g, '\n'),
  );
  const rows = texts.map((textContent) => ({ textContent, hidden: false }));
  const typed: (() => void)[] = [];
  const input = { value: '', addEventListener: (_: string, listener: () => void) => typed.push(listener) };
  const output = { value: '' };
  const document = {
    querySelector: (name: string) => (name === 'input' ? input : output),
    querySelectorAll: () => rows,
  };
  runInNewContext(/<script>(.*)<\/script>/s.exec(page)?.[1] ?? '', { document });
  input.value = words;
  for (const listener of typed) listener();
  const shown = rows.filter(({ hidden }) => !hidden);
  return { names: shown.map(({ textContent }) => textContent.trim().split('\n')[0] ?? ''), told: output.value };
}

test('the page for a browser shows the elements that have each of the words', async () => {
  const all = await shownFor(' ');
  const volumes = await shownFor('Volumes  grow');

  expect(all.names).toEqual(expect.arrayContaining(['growvols', 'vm']));
  expect(all.told).toBe(`${all.names.length} of ${all.names.length}`);
  expect(volumes).toEqual({ names: ['growvols'], told: `1 of ${all.names.length}` });
  expect((await shownFor('dib_dev_user_username')).names).toEqual(['devuser']);
});

test('the page for a browser needs no other file, and leads to READMEs alone', async () => {
  const page = await elementsSearchPage();
  const targets = [...page.matchAll(/ (?:href|src)=("[^"]*"|[^\s>]*)/g)].map(([, target = '']) => target);

  expect(targets.length).toBeGreaterThan(80);
  expect(targets.filter((target) => !/^"\.\.\/elements\/[\w-]+\/README\.rst"$/.test(target))).toEqual([]);
  expect(page).not.toMatch(/@import|url\(/);
});
