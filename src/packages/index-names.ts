import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of the packages that a minimal system can be made of, in order of appearance. */
export interface BaseNames {
  /** Of priority required, or marked essential. */
  readonly required: readonly string[];
  /** Of priority important. */
  readonly important: readonly string[];
}

/** Reads every name of a folder of lists: those of packages, and those that packages provide. An index has some 50 MB, so few lines are looked at. */
export async function readIndexNames(lists: string): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  for (const file of (await readdir(lists)).filter((name) => name.endsWith('_Packages'))) {
    const text = await readIndex(join(lists, file));
    for (const name of packageNames(text)) all.add(name);
    for (const position of occurrences(text, '\nProvides: '))
      for (const name of lineAt(text, position + 11).split(',')) all.add(name.trim().replace(/[\s:(].*$/, ''));
  }
  return all;
}

/** @param indexFiles absolute paths of the files that count */
export async function readBaseNames(indexFiles: readonly string[]): Promise<BaseNames> {
  const texts = await Promise.all(indexFiles.map(readIndex));
  const withField = (field: string): readonly string[] =>
    texts.flatMap((text) => [...occurrences(text, `\n${field}\n`)].map((position) => nameOfStanza(text, position)));
  return {
    required: [...new Set([...withField('Priority: required'), ...withField('Essential: yes')])],
    important: [...new Set(withField('Priority: important'))],
  };
}

async function readIndex(path: string): Promise<string> {
  return (await readFile(path)).toString('latin1');
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
