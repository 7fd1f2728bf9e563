import { constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../host/is-there.ts';
import { readTextIfPresent } from '../host/optional-file.ts';
import { isErrno } from '../model/errno.ts';
import type { Issue } from '../model/error.ts';
import type { Assertion } from './assertion.ts';
import { parseAssertions } from './assertions-file.ts';

/**
 * Reads what a folder asserts: its file `assertions.yaml`, and the executables of `assert.d` in the order of their names.
 * What is wrong with it is part of the result.
 * @param folder absolute path
 */
export async function readAssertions(
  folder: string,
): Promise<{ readonly assertions: readonly Assertion[]; readonly issues: readonly Issue[] }> {
  const file = join(folder, 'assertions.yaml');
  const text = readTextIfPresent(file);
  const written = text === undefined ? { assertions: [], issues: [] } : parseAssertions(file, text);
  const programs = await readPrograms(join(folder, 'assert.d'));
  return {
    assertions: [...written.assertions, ...programs.assertions],
    issues: [...written.issues, ...programs.issues],
  };
}

async function readPrograms(folder: string): ReturnType<typeof readAssertions> {
  const assertions: Assertion[] = [];
  const issues: Issue[] = [];
  for (const name of (await namesIn(folder)).toSorted()) {
    const path = join(folder, name);
    const isExecutable = isThere(path, constants.X_OK);
    if (isExecutable) assertions.push({ kind: 'program', path, place: { file: path } });
    else issues.push({ message: 'This is not executable', place: { file: path }, hint: `Run: chmod +x ${path}` });
  }
  return { assertions, issues };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
