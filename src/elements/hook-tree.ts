import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { MIB } from '../model/bytes.ts';
import type { Element, HookTreeEntry } from '../model/element.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError, type Issue } from '../model/error.ts';
import { compareBytes } from './run-parts.ts';

/** One file, folder or link of the merged hook tree. Folders come before what they hold. */
export interface HookTreeNode extends HookTreeEntry {
  readonly kind: 'file' | 'folder' | 'link';
  /** Permission bits; 0 for a link. */
  readonly mode: number;
  /** Text of a link; undefined for anything else. */
  readonly linkText?: string;
  /** SHA-256 of kind, mode and content (of a link: its target), in lower-case hexadecimal. */
  readonly digest: string;
}

/** Bytes from which on a file is digested in pieces. */
const STREAMED_FROM = 16 * MIB;

/** Folders of an element that stay out of the hook tree: those of tests, because a changed test must not change what is tested. */
const PRIVATE_FOLDERS: readonly string[] = ['tests', '__pycache__', 'test-elements', 'assert.d'];
const PRIVATE_FILE = /\.pyc$|^assertions\.yaml$/;

/** One directory entry of an element. */
interface Found {
  readonly element: string;
  readonly source: string;
  readonly target: string;
  readonly kind: HookTreeNode['kind'];
}

/**
 * What the merged hook tree of these elements holds: every first-level folder of each element but `__pycache__` and those of tests, and every
 * first-level file but `*.pyc` and `assertions.yaml`. Links stay links, names with a leading dot inside first-level folders are skipped.
 * First-level files and nested paths of the same name: the last element's wins.
 * @throws IngotError `HOOK_DUPLICATE` with every pair of elements that have a file of one name directly in a folder of one name;
 *   `DEFINITION_INVALID` when a file cannot be read
 */
export async function collectHookTree(elements: readonly Element[]): Promise<readonly HookTreeNode[]> {
  const found = elements.flatMap(findEntries);
  const duplicates = findDuplicates(found);
  if (duplicates.length > 0) throw duplicateError(duplicates);
  const winners = new Map<string, Found>();
  for (const entry of found) winners.set(entry.target, entry);
  const nodes: HookTreeNode[] = [];
  for (const entry of winners.values()) nodes.push(await readNode(entry));
  return nodes.sort((one, other) => compareBytes(one.target, other.target));
}

/** SHA-256 over all nodes: the identity of a whole hook tree, or of the part that is passed. */
export function digestHookTree(nodes: readonly HookTreeNode[]): string {
  const hash = createHash('sha256');
  const lines = nodes.map(({ target, digest }) => `${target}\0${digest}\n`).sort(compareBytes);
  for (const line of lines) hash.update(line);
  return hash.digest('hex');
}

function findEntries(element: Element): readonly Found[] {
  return readdirSync(element.path)
    .sort(compareBytes)
    .flatMap((name) => findFirstLevel(element, name));
}

function findFirstLevel(element: Element, name: string): readonly Found[] {
  const source = join(element.path, name);
  const traits = followedTraits(source);
  if (traits?.isFile() && !PRIVATE_FILE.test(name)) {
    const kind = lstatSync(source).isSymbolicLink() ? ('link' as const) : ('file' as const);
    return [{ element: element.name, source, target: name, kind }];
  }
  if (!traits?.isDirectory() || PRIVATE_FOLDERS.includes(name)) return [];
  const folder: Found = { element: element.name, source, target: name, kind: 'folder' };
  return [folder, ...findBelow(folder, (child) => !child.startsWith('.'))];
}

function findBelow(folder: Found, isWanted: (name: string) => boolean): readonly Found[] {
  const children = readdirSync(folder.source, { withFileTypes: true })
    .filter((child) => isWanted(child.name))
    .sort((one, other) => compareBytes(one.name, other.name));
  return children.flatMap((child) => {
    const entry = {
      element: folder.element,
      source: join(folder.source, child.name),
      target: `${folder.target}/${child.name}`,
    };
    if (child.isSymbolicLink()) return [{ ...entry, kind: 'link' as const }];
    if (child.isFile()) return [{ ...entry, kind: 'file' as const }];
    if (!child.isDirectory()) return [];
    const inner = { ...entry, kind: 'folder' as const };
    return [inner, ...findBelow(inner, () => true)];
  });
}

function followedTraits(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ELOOP')) return undefined;
    throw error;
  }
}

function findDuplicates(found: readonly Found[]): readonly Issue[] {
  const owners = new Map<string, Found>();
  const duplicates: Issue[] = [];
  for (const entry of found) {
    const owner = owners.get(entry.target);
    if (owner === undefined) owners.set(entry.target, entry);
    else if (collide(owner, entry)) duplicates.push(duplicateIssue(owner, entry));
  }
  return duplicates;
}

/** A folder and something else never share a path; directly inside a first-level folder two files do not either. */
function collide(owner: Found, other: Found): boolean {
  if ((owner.kind === 'folder') !== (other.kind === 'folder')) return true;
  return owner.target.split('/').length === 2 && isFileOrLinkToFile(owner);
}

function isFileOrLinkToFile(entry: Found): boolean {
  return entry.kind === 'file' || (entry.kind === 'link' && followedTraits(entry.source)?.isFile() === true);
}

function duplicateIssue(owner: Found, other: Found): Issue {
  return {
    message: `Elements ${owner.element} and ${other.element} both have ${other.target}: ${owner.source} and ${other.source}`,
    hint: 'Rename one of the two files, or leave one of the elements out.',
    place: { file: other.source },
  };
}

function duplicateError(duplicates: readonly Issue[]): IngotError {
  const [first] = duplicates;
  const message = duplicates.length === 1 ? first?.message : `${duplicates.length} files are in two elements each`;
  return new IngotError('HOOK_DUPLICATE', message ?? '', {
    hint: first?.hint,
    place: duplicates.length === 1 ? first?.place : undefined,
    issues: duplicates.length > 1 ? duplicates : undefined,
  });
}

async function readNode(found: Found): Promise<HookTreeNode> {
  try {
    if (found.kind === 'link') {
      const linkText = readlinkSync(found.source);
      return { ...found, mode: 0, linkText, digest: digestOf('link', 0, linkText) };
    }
    const traits = statSync(found.source);
    const mode = traits.mode & 0o7777;
    if (found.kind === 'folder') return { ...found, mode, digest: digestOf('folder', mode, '') };
    if (traits.size <= STREAMED_FROM) {
      return { ...found, mode, digest: digestOf('file', mode, readFileSync(found.source)) };
    }
    const hash = createHash('sha256').update(digestHead('file', mode));
    for await (const chunk of createReadStream(found.source)) hash.update(chunk);
    return { ...found, mode, digest: hash.digest('hex') };
  } catch (cause) {
    throw new IngotError('DEFINITION_INVALID', `${found.source} of element ${found.element} cannot be read`, {
      hint: 'Make it readable for the user who builds.',
      place: { file: found.source },
      cause,
    });
  }
}

function digestOf(kind: HookTreeNode['kind'], mode: number, content: string | Uint8Array): string {
  return createHash('sha256').update(digestHead(kind, mode)).update(content).digest('hex');
}

function digestHead(kind: HookTreeNode['kind'], mode: number): string {
  return `${kind} ${mode.toString(8)}\n`;
}
