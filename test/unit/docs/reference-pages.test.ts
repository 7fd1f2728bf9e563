import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../../../scripts/reference-pages.ts';

const FOLDER = new URL('../../../docs/reference/', import.meta.url);

describe('the reference pages', () => {
  it.each([...referencePages()])('%s is what npm run docs makes of the code', async (name, text) => {
    expect(await readFile(new URL(name, FOLDER), 'utf8')).toBe(text);
  });

  it('are all made from the code', async () => {
    expect((await readdir(FOLDER)).sort()).toEqual([...referencePages().keys()].sort());
  });
});
