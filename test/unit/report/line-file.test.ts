import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLineFile } from '../../../src/report/line-file.ts';
import { folderTree } from '../../support/folder-tree.ts';

test('keeps writing after an event that has no lines', async () => {
  await using folder = await folderTree();
  const path = join(folder.path, 'logs', 'build.log');
  const file = await openLineFile(path);

  file.append([]);
  file.append(['first', 'second']);
  file.append([]);
  file.append(['third']);
  await file.close();

  expect(await readFile(path, 'utf8')).toBe('first\nsecond\nthird\n');
});
