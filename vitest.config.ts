import { defineConfig } from 'vitest/config';
import { ClosingLine } from './scripts/closing-line.ts';
import { statementIds } from './test/support/contract-page.ts';

const MINUTE = 60_000;
const checks = {
  passed: Number(process.env.INGOT_CHECKS_PASSED ?? 0),
  failed: Number(process.env.INGOT_CHECKS_FAILED ?? 0),
};

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine(checks)],
    tags: statementIds().map((name) => ({ name })),
    projects: [
      {
        test: {
          name: 'unit',
          // No module has state, and starting anew for every file took a seventh of the time.
          isolate: false,
          include: ['test/unit/**/*.test.ts'],
          testTimeout: MINUTE / 2,
          hookTimeout: MINUTE / 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'contract',
          // No module has state, and starting anew for every file took a seventh of the time.
          isolate: false,
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['test/support/fake-os.ts'],
          testTimeout: 5 * MINUTE,
          hookTimeout: 5 * MINUTE,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'library',
          isolate: false,
          include: ['test/library/**/*.test.ts'],
          globalSetup: ['test/support/fake-os.ts'],
          testTimeout: 5 * MINUTE,
          hookTimeout: 5 * MINUTE,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'fault',
          include: ['test/fault/**/*.test.ts'],
          globalSetup: ['test/support/fake-os.ts'],
          testTimeout: 5 * MINUTE,
          hookTimeout: MINUTE,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'image',
          include: ['test/image/**/*.test.ts'],
          globalSetup: ['test/support/image-lab.ts'],
          testTimeout: 20 * MINUTE,
          hookTimeout: 30 * MINUTE,
          // Guests and mirrors that fail keep a test waiting: with one file more than processors, less of their time is lost.
          maxWorkers: 3,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
