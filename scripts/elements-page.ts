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
    '## Not there',
    'Elements of diskimage-builder that nothing else leads to, and that serve what few or none have today. Those of your own with these names work.',
    table(
      ['Element', 'Why'],
      LEFT_OUT.map(([name, why]) => [code(name), why]),
    ),
  ]);
}

/** Elements that diskimage-builder has, and the reasons for which they are not bundled. */
const LEFT_OUT = [
  ['debian-upstart', 'Debian 9 and later have no upstart.'],
  ['hpdsa', 'A driver for controllers of HP that is published for Ubuntu 14.04 alone.'],
  ['oat-client', 'The client of OpenAttestation, for Fedora, from a repository whose packages nobody signs.'],
  ['proliant-tools', 'A closed program for servers of one maker, and the Python module that calls it.'],
  ['rax-nova-agent', 'The agent of one cloud, as a job of upstart.'],
] as const satisfies readonly (readonly [name: string, why: string])[];

/** `docs/elements.html`: the same elements, and a field whose words they are searched for, for a browser that has nothing but this file. */
export async function elementsSearchPage(): Promise<string> {
  const template = await readFile(new URL('elements-search-page.html', import.meta.url), 'utf8');
  const rows = (await bundledElements()).map(htmlRowOf).join('\n');
  return template.replace('<!-- elements -->', () => rows);
}

async function bundledElements(): Promise<readonly ElementDescription[]> {
  return await listElements(readLibrary([], BUNDLED_ELEMENTS));
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
