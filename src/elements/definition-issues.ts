import { IngotError, type Issue } from '../model/error.ts';

/** Throws `DEFINITION_INVALID` with all issues when there are any. */
export function throwIssues(subject: string, issues: readonly Issue[]): void {
  const [first] = issues;
  if (first === undefined) return;
  if (issues.length === 1) {
    throw new IngotError('DEFINITION_INVALID', `${subject}: ${first.message}`, {
      place: first.place,
      hint: first.hint ?? 'Correct the file.',
    });
  }
  throw new IngotError('DEFINITION_INVALID', `${subject}: ${issues.length} faults`, {
    issues,
    hint: 'Correct the files.',
  });
}
