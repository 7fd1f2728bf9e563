import { expect, test } from 'vitest';
import { variablesByPhase } from '../../../scripts/author-pages.ts';
import { HOOK_VARIABLES } from '../../../src/elements/hook-variables.ts';

test('the page of variables has all that hooks find beside what the caller has exported, and no others', () => {
  const found = new Set([...variablesByPhase().values()].flatMap((names) => [...names]));

  expect(Object.keys(HOOK_VARIABLES).toSorted()).toEqual([...found].toSorted());
});
