import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node';
import type { Tally } from './checks.ts';

/**
 * Ends a test run with one line, `N passed, N failed`. A file that cannot be loaded, an error outside any test and a skipped test
 * each count as failed: none of them proves anything. Checks that ran before the tests are counted in.
 */
export class ClosingLine implements Reporter {
  readonly #before: Tally;
  #isFiltered = false;

  /** @param before what already ran and belongs to the same line */
  constructor(before: Tally) {
    this.#before = before;
  }

  onInit(vitest: Vitest): void {
    this.#isFiltered = vitest.config.testNamePattern !== undefined || vitest.config.tagsFilter !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tally = tallyOf(modules, errors, this.#isFiltered);
    const failed = this.#before.failed + tally.failed;
    if (tally.failed > 0) process.exitCode = 1;
    console.log(`${this.#before.passed + tally.passed} passed, ${failed} failed`);
  }
}

function tallyOf(modules: readonly TestModule[], errors: readonly SerializedError[], isFiltered: boolean): Tally {
  let passed = 0;
  let failed = errors.length;
  for (const module of modules) {
    if (module.errors().length > 0) failed += 1;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'failed' || !isFiltered) failed += 1;
    }
  }
  return { passed, failed };
}
