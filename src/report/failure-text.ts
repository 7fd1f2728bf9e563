import { type ErrorReport, type Issue, placeText } from '../model/error.ts';
import type { StepSummary } from '../model/events.ts';

/** A failed build as far as its reader needs it. */
export interface Failure {
  readonly error: ErrorReport;
  /** The step that failed; undefined when the build failed outside of its steps. */
  readonly step?: StepSummary;
  /** Where the whole story is. */
  readonly logs: readonly string[];
}

/** Output lines shown of a failed program; the log has them all. */
const TAIL_LINES = 20;

/**
 * What a person reads when a build failed: what and where, the end of its output, what to do, how to go on. One line an entry, without
 * styles; the first one is the headline.
 */
export function failureLines({ error, step, logs }: Failure): string[] {
  return [
    headline(error, step),
    ...facts(error, step),
    ...(error.issues ?? []).flatMap(issueLines),
    ...tailLines(error.tail ?? []),
    ...(error.hint === undefined ? [] : error.hint.split('\n').map((line) => `  ${line}`)),
    ...(step === undefined || saysHowToGoOn(error) ? [] : [`  ${GO_ON}`]),
    ...logs.map((log) => `  The whole log: ${log}`),
  ];
}

/** The message of a failed hook already begins with the step. */
function headline({ message }: ErrorReport, step: StepSummary | undefined): string {
  if (step === undefined) return `The build failed: ${message}`;
  return message.startsWith(step.id) ? message : `${step.id} failed: ${message}`;
}

const GO_ON =
  'The same command goes on from the last good layer; with break=after-error in the environment it opens a shell at the failure.';

/** The own hint of a failed hook, or of an assertion, says it in words for them. */
function saysHowToGoOn({ code, hint }: ErrorReport): boolean {
  return (code === 'HOOK_FAILED' || code === 'ASSERTION_FAILED') && hint !== undefined;
}

function facts(error: ErrorReport, step: StepSummary | undefined): string[] {
  const rows: [string, string | undefined][] = [
    ['element', step?.element],
    ['phase', step?.phase],
    ['place', error.place === undefined ? undefined : placeText(error.place)],
    ['status', error.exitStatus === undefined ? undefined : String(error.exitStatus)],
    ['code', error.code],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(9)}${value}`]));
}

function issueLines(issue: Issue): string[] {
  const place = issue.place === undefined ? '' : `${placeText(issue.place)}: `;
  return [`  - ${place}${issue.message}`, ...(issue.hint === undefined ? [] : [`    ${issue.hint}`])];
}

function tailLines(tail: readonly string[]): string[] {
  if (tail.length === 0) return [];
  const left = tail.length - TAIL_LINES;
  const head = left > 0 ? `  last output (${left} lines before it are in the log):` : '  last output:';
  return [head, ...tail.slice(-TAIL_LINES).map((line) => `  | ${line}`)];
}
