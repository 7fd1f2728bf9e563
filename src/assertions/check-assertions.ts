import { IngotError, type Issue, placeText } from '../model/error.ts';
import type { Assertion } from './assertion.ts';
import { checkCommand, checkProgram, checkService } from './check-commands.ts';
import { checkFile } from './check-files.ts';
import { checkPackages } from './check-packages.ts';
import type { TreeView } from './tree-view.ts';

/**
 * Looks whether everything that is said of a tree is true.
 * @throws IngotError `ASSERTION_FAILED` with everything that is not, at its place
 */
export async function checkAssertions(assertions: readonly Assertion[], view: TreeView): Promise<void> {
  const issues: Issue[] = [];
  for (const assertion of assertions) {
    issues.push(...(await checkOne(assertion, view)));
  }
  issues.push(
    ...(await checkPackages(
      assertions.filter((one) => one.kind === 'package'),
      view,
    )),
  );
  if (issues.length === 0) return;
  const wrong = new Set(issues.map(({ place }) => (place === undefined ? '' : placeText(place)))).size;
  throw new IngotError(
    'ASSERTION_FAILED',
    `${wrong} of ${assertions.length} assertions ${wrong === 1 ? 'does' : 'do'} not hold`,
    {
      issues,
      hint: 'Change the element or the assertion and run the test again; what comes before the change is restored.',
    },
  );
}

async function checkOne(assertion: Assertion, view: TreeView): Promise<readonly Issue[]> {
  const { place } = assertion;
  const placed = (messages: readonly string[]) => messages.map((message) => ({ message, place }));
  switch (assertion.kind) {
    case 'file':
      return placed(await checkFile(assertion, view.tree));
    case 'service':
      return placed(await checkService(assertion, view));
    case 'command':
      return placed(await checkCommand(assertion, view));
    case 'program':
      return await checkProgram(assertion, view);
    case 'package': // all at once
      return [];
    default:
      return assertion satisfies never;
  }
}
