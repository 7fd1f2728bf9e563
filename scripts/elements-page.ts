import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLED_ELEMENTS } from '../src/elements/bundled-elements.ts';
import { readLibrary } from '../src/elements/element-library.ts';
import { readReadme } from '../src/elements/element-readme.ts';
import type { Element } from '../src/model/element.ts';
import { kindOf, KINDS } from './element-kinds.ts';
import { code, page, table } from './markdown.ts';

/** `docs/elements.md`: every bundled element, by kind, with the first sentence of its README. */
export async function elementsPage(): Promise<string> {
  const library = await readLibrary([], BUNDLED_ELEMENTS);
  const elements = [...library.elements.values()];
  const rows = await Promise.all(
    elements.map(async (element) => ({ kind: kindOf(element), row: await rowOf(element) })),
  );
  const groups = KINDS.map((kind) => ({ kind, rows: rows.filter((one) => one.kind === kind).map(({ row }) => row) }));
  return page('Elements', [
    'The elements that come with ingot. `ingot element info NAME` tells more of each: its variables, packages, hooks, and what it needs. Every name leads to its README.',
    ...groups.flatMap((group) =>
      group.rows.length === 0 ? [] : [`## ${group.kind}`, table(['Element', 'What it does'], group.rows)],
    ),
  ]);
}

async function rowOf({ name, path }: Element): Promise<readonly string[]> {
  const { summary } = readReadme(await readFile(join(path, 'README.rst'), 'utf8'));
  return [`[${code(name)}](../elements/${name}/README.rst)`, summary];
}
