import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runForStatus } from '../host/process.ts';
import { findProgram } from '../host/tool-check.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { faultsOfFile } from './lint-checks.ts';
import { definitionFaults } from './lint-definitions.ts';
import { checkNames, type LintFault, type LintFile, readLintFile } from './lint-file.ts';
import { compareBytes } from './run-parts.ts';

/** What `dib-lint` and `ingot element lint` look at. Paths are shown as they are given. */
export interface LintTask {
  /** Folders of elements. */
  readonly libraries: readonly string[];
  /** Folders of single elements. */
  readonly elements?: readonly string[];
  /** Folder of shell libraries, of which only indentation counts. */
  readonly libraryFolder?: string;
  /** Text of tox.ini; empty where there is none. */
  readonly toxIni: string;
  readonly environment: Environment;
}

/** What `dib-lint` found. */
export interface LintReport {
  /** In order of file and line. */
  readonly faults: readonly LintFault[];
  /** Python programs that were not checked because there is no flake8. */
  readonly uncheckedPython: number;
}

/**
 * Checks elements for what has bitten others.
 * @throws IngotError `ELEMENTS_PATH_ENTRY` when there is no such folder
 */
export async function lintElements(task: LintTask): Promise<LintReport> {
  const { libraries, elements = [], libraryFolder } = task;
  const ignored = new Set(ignoredChecks(task.toxIni));
  const folders = [...libraries, ...elements];
  const files = (await Promise.all(folders.map(async (folder) => await readFiles(folder, task.environment)))).flat();
  const library = libraryFolder === undefined ? [] : await readFiles(libraryFolder, task.environment);
  const sources = files.filter(({ path }) => !/\.(rst|yaml|py)$/.test(path));
  const indented = [...files.filter(({ path, isExecutable }) => isExecutable || path.endsWith('.rst')), ...library];
  const python = await lintPython(sources.filter(isPython), task.environment);
  const whole: readonly LintFault[] = [
    ...(await missingReadmes([...elements, ...(await Promise.all(libraries.map(elementsIn))).flat()])),
    ...files.filter(({ path }) => path.endsWith('.md')).map(markdownFault),
    ...files.filter(({ disabled }) => !disabled.has('definition')).flatMap(definitionFaults),
    ...python.faults,
  ];
  const faults = [
    ...whole.filter(({ check }) => !ignored.has(check)),
    ...sources.flatMap((file) => faultsOfFile(file, 'sources', ignored)),
    ...indented.flatMap((file) => faultsOfFile(file, 'indents', ignored)),
  ];
  return { faults: faults.sort(compareFaults), uncheckedPython: python.unchecked };
}

/** The checks that `ignore` in the section `[dib-lint]` of tox.ini switches off. */
export function ignoredChecks(toxIni: string): readonly string[] {
  const section = /^\[dib-lint\][^\n]*\n((?:(?!\[).*\n?)*)/m.exec(toxIni)?.[1] ?? '';
  const value = /^ignore[ \t]*[=:](.*(?:\n[ \t]+\S.*)*)/m.exec(section)?.[1] ?? '';
  return checkNames(value);
}

async function readFiles(folder: string, environment: Environment): Promise<readonly LintFile[]> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw new IngotError('ELEMENTS_PATH_ENTRY', `${folder} is no folder`, {
      hint: 'Name the folder of the elements with ELEMENTS_DIR, and that of shell libraries with LIB_DIR.',
    });
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const own = paths.filter((path) => !path.split('/').includes('.git'));
  const ignored = await ignoredByGit(folder, own, environment);
  return await Promise.all(own.filter((path) => !ignored.has(resolve(path))).map(readLintFile));
}

/** Absolute paths that git ignores; none outside of a git checkout. */
async function ignoredByGit(
  folder: string,
  paths: readonly string[],
  environment: Environment,
): Promise<ReadonlySet<string>> {
  if (paths.length === 0 || (await findProgram('git', environment.PATH ?? '')) === undefined) return new Set();
  const input = paths.map((path) => `${resolve(path)}\0`).join('');
  const words = ['-C', folder, 'check-ignore', '--stdin', '-z'];
  const { stdout } = await runForStatus('git', words, { env: environment, input });
  return new Set(stdout.split('\0'));
}

async function elementsIn(library: string): Promise<readonly string[]> {
  const entries = await readdir(library, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && entry.name !== '.git').map(({ name }) => join(library, name));
}

async function missingReadmes(elements: readonly string[]): Promise<readonly LintFault[]> {
  const faults = elements.map(async (file) => {
    const facts = await stat(join(file, 'README.rst')).catch(() => undefined);
    return facts?.isFile() === true ? [] : [{ check: 'readme', message: 'has no README.rst', place: { file } }];
  });
  return (await Promise.all(faults)).flat();
}

function markdownFault({ path }: LintFile): LintFault {
  return { check: 'mddocs', message: 'is Markdown; documentation of elements is README.rst', place: { file: path } };
}

function isPython({ interpreter }: LintFile): boolean {
  return interpreter.includes('python');
}

async function lintPython(
  files: readonly LintFile[],
  environment: Environment,
): Promise<{ readonly faults: readonly LintFault[]; readonly unchecked: number }> {
  if (files.length === 0) return { faults: [], unchecked: 0 };
  const flake8 = await findProgram('flake8', environment.PATH ?? '');
  if (flake8 === undefined) return { faults: [], unchecked: files.length };
  const { stdout } = await runForStatus(
    flake8,
    files.map(({ path }) => path),
    { env: environment },
  );
  const faults = [...stdout.matchAll(/^(.+?):(\d+):(\d+): (.*)$/gm)].map(
    ([, file = '', line, column, message = '']): LintFault => ({
      check: 'flake8',
      message,
      place: { file, line: Number(line), column: Number(column) },
    }),
  );
  return { faults, unchecked: 0 };
}

function compareFaults(one: LintFault, other: LintFault): number {
  const byFile = compareBytes(one.place?.file ?? '', other.place?.file ?? '');
  return byFile === 0 ? (one.place?.line ?? 0) - (other.place?.line ?? 0) : byFile;
}
