import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assertion } from '../assertions/assertion.ts';
import { readAssertions } from '../assertions/read-assertions.ts';
import type { CastResult } from '../build/front.ts';
import { type ElementTest, TESTS_FOLDER, testId } from '../elements/element-tests.ts';
import { IngotError, type Issue, toErrorReport } from '../model/error.ts';
import type { BuildRequest } from '../model/request.ts';
import type { TestOutcome } from '../report/test-report.ts';
import { elementsPathOf } from '../spec/build-request.ts';
import { parseDiskImageCreate } from '../spec/disk-image-create.ts';
import type { Caller } from './caller.ts';
import { errorText } from './error-text.ts';
import { readHostFacts } from './host-facts.ts';
import { castReported } from './run-build.ts';
import type { StopWatch } from './stop-signals.ts';

/** A test and what it asserts. */
export interface ReadyTest {
  readonly test: ElementTest;
  readonly assertions: readonly Assertion[];
}

/** A hook that is meant to fail says so with this file in `/tmp` of the tree. */
const MARK = 'dib-test-should-fail';

/**
 * Reads what tests assert, all before the first one is built.
 * @throws IngotError `TEST_INVALID` with every fault in every file
 */
export async function readTests(tests: readonly ElementTest[]): Promise<readonly ReadyTest[]> {
  const issues: Issue[] = [];
  const ready: ReadyTest[] = [];
  for (const test of tests) {
    const read = await readAssertions(test.folder);
    issues.push(...read.issues);
    ready.push({ test, assertions: read.assertions });
  }
  if (issues.length === 0) return ready;
  throw new IngotError('TEST_INVALID', 'What some tests assert cannot be understood', { issues });
}

/**
 * Builds an element with its test, and looks at the finished tree. The test passes when the build succeeds and everything holds; or, where a
 * hook says that it is meant to fail, when it fails.
 * @param prints true shows the whole build, not the failure alone
 */
export async function runElementTest(
  caller: Caller,
  { test, assertions }: ReadyTest,
  watch: StopWatch,
  prints: boolean,
): Promise<TestOutcome> {
  const startedAt = performance.now();
  const folder = await mkdtemp(join(caller.environment.TMPDIR || '/tmp', 'ingot-test-'));
  const failure: string[] = [];
  try {
    const request = await requestFor(caller, { test, assertions }, folder);
    const ownCaller = prints ? caller : { ...caller, stderr: { write: (text: string) => failure.push(text) } };
    const presentation = { isQuiet: !prints, hasTimestamps: false, printsEvents: false };
    const result = await castReported(ownCaller, request, presentation, { watch, assertions });
    const isMeantToFail = (await readdir(folder)).includes(MARK);
    return { id: testId(test), ...verdictOf(result, isMeantToFail, failure.join('')), ms: since(startedAt) };
  } catch (error) {
    const text = errorText(testId(test), toErrorReport(error));
    return { id: testId(test), outcome: 'failed', reason: text, ms: since(startedAt) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The request of `disk-image-create`, or of `ramdisk-image-create`, for an element and its test. */
async function requestFor(caller: Caller, { test, assertions }: ReadyTest, folder: string): Promise<BuildRequest> {
  const { element, name, purpose, formats } = test;
  const searched = [
    join(element.path, TESTS_FOLDER),
    ...elementsPathOf(caller.environment, caller.workingFolder), // absolute: the build has another working folder
  ];
  const call = parseDiskImageCreate({
    command: `${purpose}-image-create`,
    words: [...(purpose === 'disk' ? ['-n', '-t', formats ?? 'tar'] : []), '-o', 'image', element.name, name],
    environment: { ...caller.environment, ELEMENTS_PATH: searched.join(':') },
    facts: { ...(await readHostFacts(caller)), workingFolder: folder },
  });
  if (call.kind !== 'build') throw new IngotError('INTERNAL', `${testId(test)} asks for no build`);
  // An image file is only there to show that it can be made. Where the tree is looked at, it is enough to make those that are asked for.
  const needsFiles = formats !== undefined || purpose === 'ramdisk' || assertions.length === 0;
  return {
    ...call.request,
    formats: needsFiles ? call.request.formats : [],
    breaks: {
      // Before post-root.d too, because /tmp is empty afterwards.
      points: ['after-error', 'before-post-root'],
      command: `cp "$TMP_MOUNT_PATH/tmp/${MARK}" . 2>/dev/null`,
      outsideTarget: true,
    },
  };
}

function verdictOf(
  result: CastResult,
  isMeantToFail: boolean,
  failure: string,
): Pick<TestOutcome, 'outcome' | 'reason'> {
  switch (result.outcome) {
    case 'succeeded':
      return isMeantToFail
        ? { outcome: 'failed', reason: 'A hook says that the build has to fail, and it did not.\n' }
        : { outcome: 'passed' };
    case 'failed':
      return isMeantToFail && result.error.code !== 'ASSERTION_FAILED'
        ? { outcome: 'passed' }
        : { outcome: 'failed', reason: failure };
    case 'cancelled':
      return { outcome: 'cancelled', reason: failure };
    default:
      return result satisfies never;
  }
}

function since(startedAt: number): number {
  return performance.now() - startedAt;
}
