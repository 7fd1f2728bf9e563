import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runForStatus } from '../../../src/host/process.ts';

const IMPORT = `import { expect, it } from 'vitest';\n`;
const PASSING = `${IMPORT}it('adds', () => expect(1 + 1).toBe(2));\n`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingot-closing-line-'));
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  await writeFile(
    join(folder, 'vitest.config.ts'),
    `import { ClosingLine } from '${join(process.cwd(), 'scripts/closing-line.ts')}';
export default { test: { reporters: [new ClosingLine({ passed: 3, failed: 0 })], include: ['*.test.ts'] } };\n`,
  );
});

afterEach(async () => await rm(folder, { recursive: true }));

describe('the closing line', () => {
  it('counts passed tests and what ran before', async () => {
    expect(await outcomeOf({ 'a.test.ts': PASSING })).toEqual({ status: 0, line: '4 passed, 0 failed' });
  });

  it('counts a failed test', async () => {
    const failing = `${PASSING}it('subtracts', () => expect(1 - 1).toBe(1));\n`;

    expect(await outcomeOf({ 'a.test.ts': failing })).toEqual({ status: 1, line: '4 passed, 1 failed' });
  });

  it('counts a skipped test as failed', async () => {
    const skipping = `${PASSING}it.skip('divides', () => {});\n`;

    expect(await outcomeOf({ 'a.test.ts': skipping })).toEqual({ status: 1, line: '4 passed, 1 failed' });
  });

  it('leaves out tests that were not asked for by name', async () => {
    const two = `${PASSING}it('divides', () => expect(4 / 2).toBe(2));\n`;

    expect(await outcomeOf({ 'a.test.ts': two }, ['-t', 'divides'])).toEqual({ status: 0, line: '4 passed, 0 failed' });
  });

  it('counts a file that cannot be loaded as failed', async () => {
    const broken = `throw new Error('broken');\n`;

    expect(await outcomeOf({ 'a.test.ts': PASSING, 'b.test.ts': broken })).toEqual({
      status: 1,
      line: '4 passed, 1 failed',
    });
  });

  it('counts an error outside any test as failed', async () => {
    const stray = `${PASSING}it('waits', async () => {
  Promise.reject(new Error('nobody waits for this'));
  await new Promise((resolve) => setImmediate(resolve));
});\n`;

    expect(await outcomeOf({ 'a.test.ts': stray })).toEqual({ status: 1, line: '5 passed, 1 failed' });
  });
});

async function outcomeOf(files: Readonly<Record<string, string>>, args: readonly string[] = []) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { status, stdout } = await runForStatus('npx', ['vitest', 'run', ...args], { cwd: folder });
  return { status, line: stdout.trimEnd().split('\n').at(-1) };
}
