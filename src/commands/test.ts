import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { BUNDLED_ELEMENTS } from '../elements/bundled-elements.ts';
import { type ElementLibrary, readLibrary } from '../elements/element-library.ts';
import { type ElementTest, findTests, TESTS_FOLDER, testId } from '../elements/element-tests.ts';
import { requireElement } from '../elements/require-element.ts';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { IngotError, type Issue } from '../model/error.ts';
import { redactorFor } from '../report/redact.ts';
import { countText, junitText, type TestOutcome, testText } from '../report/test-report.ts';
import { elementsPathOf, throwIssues } from '../spec/build-request.ts';
import { suggest } from '../spec/suggest.ts';
import type { IngotSession } from './ingot-session.ts';
import { type ReadyTest, readTests, runElementTest } from './run-element-test.ts';
import { watchStopSignals } from './stop-signals.ts';

interface TestValues {
  readonly list?: boolean;
  readonly junit?: string;
  readonly verbose?: boolean;
}

/** Adds `ingot test` to the program. */
export function registerTest(program: Command, session: IngotSession): void {
  program
    .command('test')
    .description('build the tests that elements bring along, and look at the finished trees')
    .argument('[test...]', 'ELEMENT for all of its tests, or ELEMENT/TEST; without any, all of ELEMENTS_PATH')
    .option('--list', 'print the tests and run none')
    .option('--junit <file>', 'write the results to this file too, in the form that CI systems read')
    .option('-v, --verbose', 'print everything that the builds print')
    .action(async (names: readonly string[], values: TestValues) => {
      const tests = await chosenTests(session, names);
      const ready = await readTests(tests);
      if (values.list === true) session.caller.stdout.write(ready.map(listText).join(''));
      else await runTests(session, ready, values);
    });
}

function listText({ test, assertions }: ReadyTest): string {
  return `${testId(test)}  ${assertions.length} ${assertions.length === 1 ? 'assertion' : 'assertions'}\n`;
}

async function runTests({ caller, setStatus }: IngotSession, tests: readonly ReadyTest[], values: TestValues) {
  const junit = values.junit === undefined ? undefined : path.resolve(caller.workingFolder, values.junit);
  if (junit !== undefined) await clearJunit(junit);
  using watch = watchStopSignals(caller);
  const redactor = redactorFor(caller.environment);
  const outcomes: TestOutcome[] = [];
  for (const test of tests) {
    if (watch.signal.aborted) break;
    const outcome = await runElementTest(caller, test, watch, values.verbose === true);
    outcomes.push({ ...outcome, reason: outcome.reason === undefined ? undefined : redactor.text(outcome.reason) });
    caller.stdout.write(outcomes.slice(-1).map(testText).join(''));
  }
  if (junit !== undefined) await writeJunit(junit, junitText(outcomes));
  caller.stdout.write(countText(outcomes));
  setStatus(watch.status() ?? (outcomes.every(({ outcome }) => outcome === 'passed') ? 0 : 1));
}

/** Makes sure, before anything is built, that the results can be written. Those of an earlier run must not stand for this one. */
async function clearJunit(file: string): Promise<void> {
  await writeJunit(file, '');
  await rm(file);
}

async function writeJunit(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomically(file, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IngotError('OUTPUT_UNWRITABLE', `The results cannot be written to ${file}: ${reason}`, {
      hint: 'Choose another place with --junit.',
      cause,
    });
  }
}

/**
 * The tests that words stand for, each once.
 * @throws IngotError `ELEMENT_UNKNOWN`, `USAGE` with every word that stands for none, `ELEMENTS_PATH_ENTRY`
 */
async function chosenTests({ caller }: IngotSession, names: readonly string[]): Promise<readonly ElementTest[]> {
  const searchPath = elementsPathOf(caller.environment, caller.workingFolder);
  const library = readLibrary(searchPath, BUNDLED_ELEMENTS);
  if (names.length === 0) return await ownTests(library);
  const issues: Issue[] = [];
  const chosen = new Map<string, ElementTest>();
  for (const word of names) {
    const [name = '', ...rest] = word.split('/');
    const wanted = rest.join('/');
    const tests = await findTests(requireElement(name, library));
    const found = wanted === '' ? tests : tests.filter((test) => test.name === wanted);
    if (found.length === 0) issues.push(noTest(name, wanted, tests));
    for (const test of found) chosen.set(testId(test), test);
  }
  throwIssues('ingot test', issues);
  return [...chosen.values()];
}

async function ownTests(library: ElementLibrary): Promise<readonly ElementTest[]> {
  const own = [...library.elements.values()].filter(({ path: folder }) => path.dirname(folder) !== BUNDLED_ELEMENTS);
  const tests = (await Promise.all(own.map(findTests))).flat();
  if (tests.length === 0)
    throwIssues('ingot test', [
      {
        message: 'No element of ELEMENTS_PATH has a test',
        hint: 'Set ELEMENTS_PATH to a folder of elements, or name elements, such as: ingot test my-element',
      },
    ]);
  return tests;
}

function noTest(element: string, wanted: string, tests: readonly ElementTest[]): Issue {
  if (tests.length === 0)
    return {
      message: `Element ${element} has no tests`,
      hint: `A test is a folder in ${TESTS_FOLDER} of the element; ingot element new makes one.`,
    };
  const names = tests.map(({ name }) => name);
  const guess = suggest(wanted, names);
  return {
    message: `Element ${element} has no test "${wanted}"`,
    hint: `${guess === undefined ? '' : `Did you mean ${element}/${guess}? `}Its tests: ${names.join(', ')}.`,
  };
}
