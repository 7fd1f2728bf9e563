import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere } from '../host/is-there.ts';
import { makeFolders } from '../host/make-folders.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';

/** An element that is whole and works, by the name `skeleton`. */
const SKELETON = fileURLToPath(new URL('../../lib/element-skeleton', import.meta.url));

/** The operating system of the skeleton's test. */
const SKELETON_SYSTEM = 'debian-minimal';

/** Names that can be written in lists of elements and in names of hooks. */
const GOOD_NAME = /^[a-z0-9][a-z0-9_-]*$/;

/**
 * Makes an element that builds, passes the checks and has a test, to start from.
 * @param folder absolute path of the element; its last part is the element's name
 * @param system element that provides the operating system of its test
 * @returns paths of its files, relative to `folder`, in order of name
 * @throws IngotError `USAGE` for a name that no element can have, or when there is such a folder already; `OUTPUT_UNWRITABLE`
 */
export async function makeElement(folder: string, system = SKELETON_SYSTEM): Promise<readonly string[]> {
  const name = basename(folder);
  if (!GOOD_NAME.test(name))
    throw new IngotError('USAGE', `"${name}" cannot be the name of an element`, {
      hint: 'Use small letters, digits, "-" and "_", such as my-elements/web-server.',
    });
  if (isThere(folder))
    throw new IngotError('USAGE', `${folder} is there already`, { hint: 'Choose another name, or remove the folder.' });
  const aside = join(dirname(folder), `.${name}.${randomUUID()}.part`);
  try {
    await makeFolders(aside);
    const files = await copySkeleton(aside, name, system);
    await rename(aside, folder);
    return files;
  } catch (cause) {
    await rm(aside, { recursive: true, force: true });
    if (!isErrno(cause, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR')) throw cause;
    throw new IngotError('OUTPUT_UNWRITABLE', `The element cannot be written to ${folder}`, {
      hint: 'Choose a folder that you may write to.',
      cause,
    });
  }
}

async function copySkeleton(target: string, name: string, system: string): Promise<readonly string[]> {
  const entries = await readdir(SKELETON, { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files: string[] = [];
  for (const source of sources) {
    const file = relative(SKELETON, source).replaceAll('skeleton', name);
    const text = adapt(await readFile(source, 'utf8'), name, system);
    await mkdir(dirname(join(target, file)), { recursive: true });
    await writeFile(join(target, file), text);
    await chmod(join(target, file), (await stat(source)).mode & 0o777);
    files.push(file);
  }
  return files.sort();
}

function adapt(text: string, name: string, system: string): string {
  const rule = '='.repeat(name.length);
  return text
    .replace(/^={8}\nskeleton\n={8}$/m, `${rule}\n${name}\n${rule}`)
    .replaceAll('SKELETON', name.toUpperCase().replaceAll('-', '_'))
    .replaceAll('skeleton', name)
    .replaceAll(SKELETON_SYSTEM, system);
}
