import process from 'node:process';
import { runForStatus } from '../src/host/process.ts';
import { runChecks } from './checks.ts';

const checks = await runChecks();
const tests = await runForStatus('vitest', ['run'], {
  isInteractive: true,
  env: {
    ...definedVariables(),
    INGOT_CHECKS_PASSED: String(checks.passed),
    INGOT_CHECKS_FAILED: String(checks.failed),
  },
});
process.exitCode = checks.failed === 0 && tests.status === 0 ? 0 : 1;

function definedVariables(): Record<string, string> {
  const pairs = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(pairs);
}
