import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The names in the package index files of a set of sources. */
export interface IndexNames {
  /** Packages of priority required or marked essential, in order of appearance. */
  readonly required: readonly string[];
  /** Names of packages, and names that packages provide. */
  readonly all: ReadonlySet<string>;
}

/** Writes the names as text that `parseIndexNames` reads. */
export function formatIndexNames({ required, all }: IndexNames): string {
  return `${required.join(' ')}\n${[...all].join(' ')}\n`;
}

/** Reads what `formatIndexNames` writes. */
export function parseIndexNames(text: string): IndexNames {
  const [required = [], all = []] = text.split('\n').map((line) => line.split(' ').filter((name) => name !== ''));
  return { required, all: new Set(all) };
}

/** Reads the index files of a folder of lists. It looks for the few lines it needs only: an index has some 50 MB. */
export async function readIndexNames(lists: string): Promise<IndexNames> {
  const required = new Set<string>();
  const all = new Set<string>();
  for (const file of (await readdir(lists)).filter((name) => name.endsWith('_Packages'))) {
    const text = (await readFile(join(lists, file))).toString('latin1');
    for (const name of packageNames(text)) all.add(name);
    for (const field of ['\nPriority: required\n', '\nEssential: yes\n'])
      for (const position of occurrences(text, field)) required.add(nameOfStanza(text, position));
    for (const position of occurrences(text, '\nProvides: '))
      for (const name of lineAt(text, position + 11).split(',')) all.add(name.trim().replace(/[\s:(].*$/, ''));
  }
  return { required: [...required], all };
}

/** Names of the packages that have a priority in the index of one component of a suite, in order of appearance. */
export async function readNamesOfPriority(
  lists: string,
  { suite, component }: { readonly suite: string; readonly component: string },
  priority: 'important',
): Promise<readonly string[]> {
  const names: string[] = [];
  // apt names index files by their addresses, with a low line for each slash.
  const end = `_dists_${suite.replaceAll('/', '_')}_${component}_binary-`;
  for (const file of (await readdir(lists)).filter((name) => name.includes(end) && name.endsWith('_Packages'))) {
    const text = (await readFile(join(lists, file))).toString('latin1');
    for (const position of occurrences(text, `\nPriority: ${priority}\n`)) names.push(nameOfStanza(text, position));
  }
  return [...new Set(names)];
}

function* packageNames(text: string): Generator<string> {
  if (text.startsWith('Package: ')) yield lineAt(text, 9);
  for (const position of occurrences(text, '\nPackage: ')) yield lineAt(text, position + 10);
}

function* occurrences(text: string, needle: string): Generator<number> {
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) yield at;
}

function nameOfStanza(text: string, position: number): string {
  const before = text.lastIndexOf('\n\n', position);
  const start = text.indexOf('Package: ', before === -1 ? 0 : before);
  return lineAt(text, start + 9);
}

function lineAt(text: string, position: number): string {
  const end = text.indexOf('\n', position);
  return text.slice(position, end === -1 ? undefined : end);
}
