import { throwIssues } from './build-request.ts';
import { getopt } from './getopt.ts';

/** What `dib-lint` was called for. */
export interface DibLintCall {
  readonly kind: 'help' | 'lint';
}

/** The text of `dib-lint --help`. */
export const DIB_LINT_HELP = `Usage: dib-lint

Checks elements for common mistakes and prints a line for each. Ends with 1 when there are some.

A line "# dib-lint: disable=NAME NAME" in a file switches checks off for this file, "ignore = NAME NAME" in the section
[dib-lint] of tox.ini in the current folder for all. "# dib-lint: safe_sudo" and "# dib-lint: which" at the end of a line
allow that line. The name of a check stands behind each fault.

Variables:
  ELEMENTS_DIR    folder of the elements [diskimage_builder/elements, else elements]
  LIB_DIR         folder of shell libraries [diskimage_builder/lib, where it is there]
`;

/**
 * Understands a command line of `dib-lint`.
 * @throws IngotError `USAGE` with every fault
 */
export function parseDibLint(words: readonly string[]): DibLintCall {
  const { options, operands, errors } = getopt(words, {
    short: new Map([['h', false]]),
    long: new Map([['help', false]]),
  });
  throwIssues('dib-lint', [
    ...errors.map((message) => ({ message })),
    ...operands.map((word) => ({
      message: `${word} is not expected`,
      hint: 'Name the folder of the elements with ELEMENTS_DIR.',
    })),
  ]);
  return { kind: options.length > 0 ? 'help' : 'lint' };
}
