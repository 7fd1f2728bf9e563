import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../../src/model/error-codes.ts';
import { filesOfProject } from '../../support/project-files.ts';

/** Codes that no test can bring about: they stand for faults of ingot itself. */
const UNTESTABLE: readonly string[] = [];

const codes = Object.keys(ERROR_CODES);
const files = await filesOfProject();

describe('error codes', () => {
  it('are all on the reference page', async () => {
    const page = await readFile('docs/reference/errors.md', 'utf8');

    expect(codes.filter((code) => !page.includes(code))).toEqual([]);
  });

  it('are each asserted by a test', async () => {
    const tests = files.filter((file) => file.endsWith('.test.ts') && !file.startsWith('test/unit/house/'));
    const text = await textOf(tests);

    expect(codes.filter((code) => !text.includes(`'${code}'`) && !UNTESTABLE.includes(code))).toEqual([]);
  });

  it('are each raised somewhere', async () => {
    const text = await textOf(files.filter((file) => file.startsWith('src/') && file !== 'src/model/error-codes.ts'));

    expect(codes.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

async function textOf(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map(async (path) => await readFile(path, 'utf8')))).join('\n');
}
