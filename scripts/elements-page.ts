import { readFile } from 'node:fs/promises';
import { BUNDLED_ELEMENTS } from '../src/elements/bundled-elements.ts';
import type { ElementDescription } from '../src/elements/describe-element.ts';
import { readLibrary } from '../src/elements/element-library.ts';
import { listElements } from '../src/elements/element-list.ts';
import { KINDS, kindOf } from './element-kinds.ts';
import { code, page, table } from './markdown.ts';

/** `docs/elements.md`: every bundled element, by kind, with the first sentence of its README. */
export async function elementsPage(): Promise<string> {
  const elements = await bundledElements();
  const groups = KINDS.map((kind) => ({ kind, rows: elements.filter((one) => kindOf(one) === kind).map(rowOf) }));
  return page('Elements', [
    'The elements that come with ingot. `ingot element list WORD...` finds those that some words lead to, and so does [the page with a search](elements.html) in a browser; `ingot element info NAME` tells more of each: its variables, packages, hooks, and what it needs. Every name leads to its README.',
    ...groups.flatMap((group) =>
      group.rows.length === 0 ? [] : [`## ${group.kind}`, table(['Element', 'What it does'], group.rows)],
    ),
  ]);
}

/** `docs/elements.html`: the same elements, and a field whose words they are searched for, for a browser that has nothing but this file. */
export async function elementsSearchPage(): Promise<string> {
  const template = await readFile(new URL('elements-search-page.html', import.meta.url), 'utf8');
  const rows = (await bundledElements()).map(htmlRowOf).join('\n');
  return template.replace('<!-- elements -->', () => rows);
}

async function bundledElements(): Promise<readonly ElementDescription[]> {
  return await listElements(await readLibrary([], BUNDLED_ELEMENTS));
}

function readmeOf(name: string): string {
  return `../elements/${name}/README.rst`;
}

function rowOf({ name, summary }: ElementDescription): readonly string[] {
  return [`[${code(name)}](${readmeOf(name)})`, summary];
}

function htmlRowOf(element: ElementDescription): string {
  const { name, summary, provides, variables } = element;
  const terms = variables.map((one) => `<dt><code>${html(one.name)}</code></dt><dd>${html(one.meaning)}</dd>`);
  const cells = [
    `<a href="${readmeOf(name)}">${html(name)}</a>`,
    html(summary),
    html(kindOf(element)),
    html(provides.join(' ')),
    terms.length === 0 ? '' : `<details><summary>${terms.length}</summary><dl>${terms.join('')}</dl></details>`,
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
