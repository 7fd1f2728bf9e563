import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reclaimAbandoned, takeLease } from '../../../src/host/lease.ts';
import { start } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';

const LEASE = new URL('../../../src/host/lease.ts', import.meta.url).href;

/** Takes a lease in a process of its own, which then waits to be killed. */
async function leaseElsewhere(journal: string, folder: string) {
  const script = `import { takeLease } from ${JSON.stringify(LEASE)};
await takeLease(${JSON.stringify(journal)}, 'elsewhere', [${JSON.stringify(folder)}], 'root');
console.log('taken');
setInterval(() => {}, 1000);`;
  const other = start(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => other.child.stdout?.once('data', resolve));
  return other;
}

test('releasing removes the folders and the lease', async () => {
  await using folder = await folderTree({ 'owned/deep/file': 'x' });
  const journal = join(folder.path, 'journal');
  const lease = await takeLease(journal, 'one', [join(folder.path, 'owned'), join(folder.path, 'never-made')], 'root');
  expect(await readdir(journal)).toEqual(['one.json']);

  await lease.release();

  expect(existsSync(join(folder.path, 'owned'))).toBe(false);
  expect(await readdir(journal)).toEqual([]);
});

test('a lease of a living process is left alone, and reclaimed once it was killed', async () => {
  await using folder = await folderTree({ 'owned/file': 'x' });
  const [journal, owned] = [join(folder.path, 'journal'), join(folder.path, 'owned')];
  const other = await leaseElsewhere(journal, owned);

  expect(await reclaimAbandoned(journal, 'root')).toEqual([]);
  expect(existsSync(owned)).toBe(true);
  other.child.kill('SIGKILL');
  await other.ended;

  expect(await reclaimAbandoned(journal, 'root')).toEqual([owned]);
  expect(existsSync(owned)).toBe(false);
  expect(await readdir(journal)).toEqual([]);
});

test.each(['', '{"torn": ', '"/etc"', '["relative"]', '[7]'])(
  'a lease that says %j is removed and nothing else is',
  async (text) => {
    await using folder = await folderTree({ 'journal/bad.json': text });

    expect(await reclaimAbandoned(join(folder.path, 'journal'), 'root')).toEqual([]);
    expect(await readdir(join(folder.path, 'journal'))).toEqual([]);
  },
);

test('a lease that was never finished is removed after a while', async () => {
  await using folder = await folderTree({ 'journal/old.json.new': '[]', 'journal/young.json.new': '[]' });
  const longAgo = new Date(Date.now() - 600_000);
  await utimes(join(folder.path, 'journal/old.json.new'), longAgo, longAgo);

  await reclaimAbandoned(join(folder.path, 'journal'), 'root');

  expect(await readdir(join(folder.path, 'journal'))).toEqual(['young.json.new']);
});

test('there is nothing to reclaim without a journal', async () => {
  expect(await reclaimAbandoned('/nowhere/journal', 'root')).toEqual([]);
});

test('folders with odd names go, and what they link to stays', async () => {
  await using folder = await folderTree({ 'kept/file': 'x' });
  const owned = join(folder.path, '-odd name\n');
  await mkdir(owned);
  await folder.write({ '-odd name\n/link': `link:${join(folder.path, 'kept')}` });
  await writeFile(join(owned, 'file'), '');
  const lease = await takeLease(join(folder.path, 'journal'), 'one', [owned], 'root');

  await lease.release();

  expect(existsSync(owned)).toBe(false);
  expect(existsSync(join(folder.path, 'kept/file'))).toBe(true);
});
