import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readTextIfPresent } from '../host/optional-file.ts';
import type { Element } from '../model/element.ts';
import { isErrno } from '../model/errno.ts';

/** Folder of an element that holds its tests, each an element of its own. */
export const TESTS_FOLDER = 'test-elements';

/** A test that an element brings along: another element, in `test-elements/NAME`, which is built together with it. */
export interface ElementTest {
  /** The element that is tested. */
  readonly element: Element;
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** From the file `element-type`; `disk` without one. */
  readonly purpose: 'disk' | 'ramdisk';
  /** From the file `test-output-formats`, as written; undefined without one. */
  readonly formats?: string;
}

/** `ELEMENT/NAME`, as it is written on a command line. */
export function testId({ element, name }: ElementTest): string {
  return `${element.name}/${name}`;
}

/** The tests of an element, in order of name. */
export async function findTests(element: Element): Promise<readonly ElementTest[]> {
  const folders = await findTestFolders(element.path);
  return await Promise.all(folders.map(async (folder) => await readTest(element, basename(folder), folder)));
}

/** The folders of the tests of an element, in order of name. @param element folder of the element */
export async function findTestFolders(element: string): Promise<readonly string[]> {
  const folder = join(element, TESTS_FOLDER);
  return (await folderNames(folder)).map((name) => join(folder, name));
}

async function readTest(element: Element, name: string, folder: string): Promise<ElementTest> {
  const purpose = (await wordOf(join(folder, 'element-type'))) === 'ramdisk' ? 'ramdisk' : 'disk';
  return { element, name, folder, purpose, formats: await wordOf(join(folder, 'test-output-formats')) };
}

async function folderNames(folder: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(folder)).sort();
    const areFolders = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).isDirectory()));
    return names.filter((_, index) => areFolders[index]);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

async function wordOf(file: string): Promise<string | undefined> {
  return readTextIfPresent(file)?.trim();
}
