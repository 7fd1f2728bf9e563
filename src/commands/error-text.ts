import { type ErrorReport, exitStatusOf, type Issue, placeText, type SourcePlace } from '../model/error.ts';
import { ERROR_CODES } from '../model/error-codes.ts';
import { redactorFor } from '../report/redact.ts';
import type { Caller } from './caller.ts';

/**
 * Tells the caller of a fault that was found before a build began: on standard error, without secrets.
 * @param command whose fault it is, as the caller knows it
 */
export function complain(caller: Caller, command: string, report: ErrorReport): void {
  caller.stderr.write(redactorFor(caller.environment).text(errorText(command, report)));
}

/** The text for a fault that is found before a build begins. Ends with a line end. */
export function errorText(command: string, report: ErrorReport): string {
  const lines = [
    `${command}: ${placePrefix(report.place)}${report.message}`,
    ...(report.issues ?? []).flatMap(issueLines),
    ...(report.tail ?? []).map((line) => `  | ${line}`),
    ...hintLines(report.hint, ''),
  ];
  return `${lines.join('\n')}\n`;
}

/** The exit status of an `ingot` command for an error: 2 for one of usage, else that of the DIB commands. */
export function ingotExitStatusOf(report: ErrorReport): number {
  return ERROR_CODES[report.code].kind === 'usage' ? 2 : exitStatusOf(report);
}

function issueLines(issue: Issue): readonly string[] {
  return [`  ${placePrefix(issue.place)}${issue.message}`, ...hintLines(issue.hint, '  ')];
}

function hintLines(hint: string | undefined, indent: string): readonly string[] {
  return hint === undefined ? [] : hint.split('\n').map((line) => `${indent}  ${line}`);
}

function placePrefix(place: SourcePlace | undefined): string {
  return place === undefined ? '' : `${placeText(place)}: `;
}
