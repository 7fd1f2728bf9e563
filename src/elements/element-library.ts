import { accessSync, constants, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Element } from '../model/element.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError, type Issue, type SourcePlace } from '../model/error.ts';

/** Every element of the search path. */
export interface ElementLibrary {
  /** By name, in order of name. */
  readonly elements: ReadonlyMap<string, Element>;
  /** Folders in the order of search; the bundled library comes last. */
  readonly searchPath: readonly string[];
  /** For each element with an `element-deps`, where each name stands in it. */
  readonly needPlaces: ReadonlyMap<string, ReadonlyMap<string, SourcePlace>>;
  /** Names of links on the search path and the name of the element they lead to. */
  readonly linkedNames: ReadonlyMap<string, string>;
}

interface NameList {
  readonly names: readonly string[];
  readonly places: ReadonlyMap<string, SourcePlace>;
}

interface FoundFolder {
  readonly entryName: string;
  readonly path: string;
}

/**
 * Reads all elements of a search path. An element's name is the base name of its resolved folder; of two with one name the earlier wins.
 * @param searchPath absolute folders in order, as the user gave them
 * @param bundledFolder absolute folder of the bundled library, searched last
 * @throws IngotError `ELEMENTS_PATH_ENTRY` with one issue for each entry that cannot be used, `DEFINITION_INVALID` for an
 *   `element-deps` or `element-provides` that cannot be read
 */
export function readLibrary(searchPath: readonly string[], bundledFolder: string): ElementLibrary {
  const folders = [...searchPath, bundledFolder];
  const listings = listEntries(folders);
  const linkedNames = new Map<string, string>();
  const pathsByName = new Map<string, string[]>();
  for (const { entryName, path } of listings.flat()) {
    const name = basename(path);
    if (entryName !== name) linkedNames.set(entryName, name);
    const paths = pathsByName.get(name) ?? [];
    if (!paths.includes(path)) paths.push(path);
    pathsByName.set(name, paths);
  }
  const elements = new Map<string, Element>();
  const needPlaces = new Map<string, ReadonlyMap<string, SourcePlace>>();
  const names = [...pathsByName.keys()].sort();
  for (const name of names) {
    const { element, places } = readElement(name, pathsByName.get(name) ?? []);
    elements.set(element.name, element);
    needPlaces.set(element.name, places);
  }
  return { elements, searchPath: folders, needPlaces, linkedNames };
}

/** One warning for each folder that a chosen element hides. */
export function overrideWarnings(elements: readonly Element[]): readonly Issue[] {
  return elements.flatMap(({ name, path, hides }) =>
    hides.map((hidden) => ({ message: `Element ${name} of ${path} is used in place of ${hidden}` })),
  );
}

function listEntries(folders: readonly string[]): readonly (readonly FoundFolder[])[] {
  const results = folders.map((folder, index) => {
    const fault = faultOfEntry(folder);
    if (fault === undefined) return { fault, found: listElementFolders(folder) };
    const message = `Entry ${index + 1} of ELEMENTS_PATH, "${folder}", ${fault}`;
    return { fault: { message }, found: [] };
  });
  const issues = results.flatMap(({ fault }) => fault ?? []);
  const [first] = issues;
  if (first === undefined) return results.map(({ found }) => found);
  const message = issues.length === 1 ? first.message : `${issues.length} entries of ELEMENTS_PATH cannot be used`;
  throw new IngotError('ELEMENTS_PATH_ENTRY', message, {
    hint: 'ELEMENTS_PATH is a list of folders of elements with ":" between them. Correct it or leave the entry out.',
    issues: issues.length > 1 ? issues : undefined,
  });
}

function faultOfEntry(folder: string): string | undefined {
  if (folder === '') return 'is empty';
  try {
    if (!statSync(folder).isDirectory()) return 'is not a folder';
    accessSync(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'does not exist';
    if (isErrno(error, 'ENOTDIR')) return 'is not a folder';
    if (isErrno(error, 'EACCES')) return 'cannot be read by this user';
    throw error;
  }
}

function listElementFolders(folder: string): readonly FoundFolder[] {
  return readdirSync(folder)
    .sort()
    .flatMap((entryName) => {
      const path = resolveFolder(join(folder, entryName));
      return path === undefined ? [] : [{ entryName, path }];
    });
}

function resolveFolder(path: string): string | undefined {
  try {
    const resolved = realpathSync.native(path);
    return statSync(resolved).isDirectory() ? resolved : undefined;
  } catch (error) {
    // a dangling link is no element
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ELOOP')) return undefined;
    throw error;
  }
}

function readElement(
  name: string,
  paths: readonly string[],
): { element: Element; places: ReadonlyMap<string, SourcePlace> } {
  const [path = '', ...hides] = paths;
  const needs = readNames(join(path, 'element-deps'));
  const provides = readNames(join(path, 'element-provides'));
  return { element: { name, path, needs: needs.names, provides: provides.names, hides }, places: needs.places };
}

function readNames(file: string): NameList {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { names: [], places: new Map() };
    throw new IngotError('DEFINITION_INVALID', `${file} cannot be read`, {
      place: { file },
      hint: 'It has to be a readable text file with one name of an element on each line.',
      cause: error,
    });
  }
  const places = new Map<string, SourcePlace>();
  for (const [index, line] of text.split('\n').entries()) {
    const name = line.trim();
    if (name !== '' && !places.has(name)) places.set(name, { file, line: index + 1 });
  }
  return { names: [...places.keys()], places };
}
