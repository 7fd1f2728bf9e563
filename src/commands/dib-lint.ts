import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type LintReport, lintElements } from '../elements/lint.ts';
import type { LintFault } from '../elements/lint-file.ts';
import { readTextIfPresent } from '../host/optional-file.ts';
import { placeText, toErrorReport } from '../model/error.ts';
import { DIB_LINT_HELP, parseDibLint } from '../spec/dib-lint.ts';
import type { Caller } from './caller.ts';
import { complain, ingotExitStatusOf } from './error-text.ts';

/**
 * The command `dib-lint`.
 * @returns the exit status: 0, 1 for faults or a folder that is missing, 2 for a command line that cannot be understood
 */
export async function main(caller: Caller): Promise<number> {
  try {
    return await dibLint(caller);
  } catch (error) {
    const report = toErrorReport(error);
    complain(caller, caller.command, report);
    return ingotExitStatusOf(report);
  }
}

async function dibLint(caller: Caller): Promise<number> {
  if (parseDibLint(caller.words).kind === 'help') {
    caller.stdout.write(DIB_LINT_HELP);
    return 0;
  }
  caller.stdout.write(`Running dib-lint in ${caller.workingFolder}\n`);
  const { ELEMENTS_DIR: elements, LIB_DIR: library } = caller.environment;
  const report = await lintElements({
    libraries: [elements || (await firstFolder(['diskimage_builder/elements', 'elements'])) || 'elements'],
    libraryFolder: library || (await firstFolder(['diskimage_builder/lib'])),
    toxIni: readTextIfPresent(path.join(caller.workingFolder, 'tox.ini')) ?? '',
    environment: caller.environment,
  });
  return tellFaults(caller, report);
}

/**
 * Prints a line for each fault, and one for all of them.
 * @returns the exit status: 0, or 1 when there are some
 */
export function tellFaults(caller: Caller, { faults, uncheckedPython }: LintReport): number {
  for (const fault of faults) caller.stdout.write(`ERROR: ${faultText(fault)}\n`);
  if (uncheckedPython > 0) {
    caller.stdout.write(`flake8 is not installed, so ${uncheckedPython} Python programs were not checked\n`);
  }
  caller.stdout.write(
    faults.length === 0 ? 'PASS\n' : `*** FAIL: ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}\n`,
  );
  return faults.length === 0 ? 0 : 1;
}

function faultText({ check, message, place }: LintFault): string {
  const text = place === undefined ? message : `${placeText(place)}: ${message}`;
  return `${text} [${check}]`;
}

async function firstFolder(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const facts = await stat(folder).catch(() => undefined);
    if (facts?.isDirectory() === true) return folder;
  }
  return undefined;
}
