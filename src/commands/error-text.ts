import { type ErrorReport, exitStatusOf, type Issue, type SourcePlace } from '../model/error.ts';
import { ERROR_CODES } from '../model/error-codes.ts';

/** What a command prints on standard error for a fault that is found before a build begins. Ends with a line end. */
export function errorText(command: string, report: ErrorReport): string {
  const lines = [
    `${command}: ${placeText(report.place)}${report.message}`,
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
  return [`  ${placeText(issue.place)}${issue.message}`, ...hintLines(issue.hint, '  ')];
}

function hintLines(hint: string | undefined, indent: string): readonly string[] {
  return hint === undefined ? [] : hint.split('\n').map((line) => `${indent}  ${line}`);
}

function placeText(place: SourcePlace | undefined): string {
  if (place === undefined) return '';
  const parts = [place.file, place.line, place.line === undefined ? undefined : place.column];
  return `${parts.filter((part) => part !== undefined).join(':')}: `;
}
