import type { Stats } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readTextIfPresent } from '../host/optional-file.ts';
import { resolveInTree } from '../host/tree-path.ts';
import { isErrno } from '../model/errno.ts';
import { difference, type FileAssertion } from './assertion.ts';

/**
 * Compares a path of a tree with what is said of it.
 * @param tree absolute path
 * @returns a message for each difference
 */
export async function checkFile(assertion: FileAssertion, tree: string): Promise<readonly string[]> {
  const path = await placeInTree(assertion, tree);
  const facts = await factsOf(path);
  if (assertion.isAbsent)
    return facts === undefined ? [] : [difference(assertion.path, 'nothing', articled(typeOf(facts)))];
  if (facts === undefined) return [difference(assertion.path, articled(assertion.type ?? 'file or folder'), 'nothing')];
  return [
    ...compare(assertion.path, 'type', assertion.type, typeOf(facts)),
    ...compare(assertion.path, 'mode', assertion.mode, (facts.mode & 0o7777).toString(8).padStart(4, '0')),
    ...(await compareOwner(assertion, 'owner', facts.uid, tree)),
    ...(await compareOwner(assertion, 'group', facts.gid, tree)),
    ...(await compareTarget(assertion, path, facts)),
    ...(await compareText(assertion, path, facts)),
  ];
}

/** A link that is asked about itself is not followed. */
async function placeInTree({ path, isAbsent, type, target }: FileAssertion, tree: string): Promise<string> {
  if (!isAbsent && type !== 'link' && target === undefined) return await resolveInTree(tree, path);
  return join(await resolveInTree(tree, dirname(path)), basename(path));
}

async function factsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function typeOf(facts: Stats): string {
  if (facts.isSymbolicLink()) return 'link';
  if (facts.isDirectory()) return 'folder';
  return facts.isFile() ? 'file' : 'device, pipe or socket';
}

function articled(type: string): string {
  return `a ${type}`;
}

function compare(path: string, trait: string, expected: string | undefined, found: string): readonly string[] {
  return expected === undefined || expected === found ? [] : [difference(path, `${trait} ${expected}`, found)];
}

async function compareOwner(
  assertion: FileAssertion,
  trait: 'owner' | 'group',
  id: number,
  tree: string,
): Promise<readonly string[]> {
  const expected = assertion[trait];
  if (expected === undefined || expected === String(id)) return [];
  const table = readTextIfPresent(await resolveInTree(tree, trait === 'owner' ? '/etc/passwd' : '/etc/group'));
  const rows = (table ?? '').split('\n').map((line) => line.split(':'));
  const names = rows.filter(([, , number]) => number === String(id)).map(([name = '']) => name);
  return names.includes(expected) ? [] : compare(assertion.path, trait, expected, names[0] ?? String(id));
}

async function compareTarget({ path, target }: FileAssertion, place: string, facts: Stats): Promise<readonly string[]> {
  if (target === undefined) return [];
  if (!facts.isSymbolicLink()) return [difference(path, `a link to ${target}`, articled(typeOf(facts)))];
  return compare(path, 'target', target, await readlink(place));
}

async function compareText(
  { path, contains, lacks }: FileAssertion,
  place: string,
  facts: Stats,
): Promise<readonly string[]> {
  if (contains.length + lacks.length === 0) return [];
  if (!facts.isFile()) return [difference(path, 'a file', articled(typeOf(facts)))];
  const content = await readFile(place, 'utf8');
  return [
    ...contains
      .filter((text) => !content.includes(text))
      .map((text) => difference(path, quoted(text), excerpt(content))),
    ...lacks.filter((text) => content.includes(text)).map((text) => difference(path, `no ${quoted(text)}`, 'it')),
  ];
}

/** Characters of a text that are shown where another one was expected. */
const EXCERPT_LENGTH = 200;

/** The beginning of what is there instead, on one line. */
export function excerpt(content: string): string {
  if (content.trim() === '') return 'nothing';
  const end = content.length > EXCERPT_LENGTH ? ' …' : '';
  return `${quoted(content.slice(0, EXCERPT_LENGTH).trimEnd())}${end}`;
}

/** A text between quotes, on one line. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
