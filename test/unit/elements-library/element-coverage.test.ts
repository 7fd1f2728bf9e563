import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { BUNDLED_ELEMENTS } from '../../../src/elements/bundled-elements.ts';
import { readLibrary } from '../../../src/elements/element-library.ts';
import { ELEMENT_COVERAGE } from '../../support/element-coverage.ts';

test('every bundled element is built by some test, which is named in test/support/element-coverage.ts', async () => {
  const { elements } = readLibrary([], BUNDLED_ELEMENTS);

  const names = [...elements.keys()].sort();

  expect(
    names.filter((name) => !(name in ELEMENT_COVERAGE)),
    'add a row for each to test/support/element-coverage.ts: its batch with a fact, or the test file that builds it',
  ).toEqual([]);
  expect(Object.keys(ELEMENT_COVERAGE).filter((name) => !elements.has(name))).toEqual([]);
});

const elsewhere = Object.entries(ELEMENT_COVERAGE).flatMap(([name, coverage]) =>
  'test' in coverage ? [[name, coverage.test, coverage.by ?? name] as const] : [],
);

test.each(elsewhere)('%s is built by %s', async (_, file, word) => {
  expect(await readFile(file, 'utf8')).toMatch(new RegExp(`['"/ ]${word}['" ]`));
});

test('no fact about what a place has is true of a place that is not there', () => {
  const loose = Object.entries(ELEMENT_COVERAGE).flatMap(([name, coverage]) => {
    const facts = 'batch' in coverage ? coverage.facts : [];
    return facts.flatMap(([place, expected]) =>
      expected.test('absent') && expected.source !== '^absent$' ? [`${name}: ${place}`] : [],
    );
  });

  expect(loose).toEqual([]);
});
