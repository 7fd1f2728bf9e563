import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reclaimAbandoned } from '../../src/host/lease.ts';
import { run } from '../../src/host/process.ts';
import { folderTree } from '../support/folder-tree.ts';

async function fileOf(device: string): Promise<string | undefined> {
  const text = await readFile(join('/sys/block', device.slice('/dev/'.length), 'loop/backing_file'), 'utf8').catch(
    () => undefined,
  );
  return text?.trim();
}

/** A folder of a build that died, named in its lease. */
async function abandonedFolder() {
  const folder = await folderTree();
  const owned = join(folder.path, 'dib_image.0123abcd');
  await mkdir(owned);
  await folder.write({ 'journal/dead.json': JSON.stringify([owned]) });
  return { folder, owned, journal: join(folder.path, 'journal') };
}

test('a loop device of a build that was killed goes at the next start, and those of others stay', async () => {
  const { folder, owned, journal } = await abandonedFolder();
  await using _folder = folder;
  await folder.write({ 'dib_image.0123abcd/disk.raw': 'x'.repeat(4096), 'other.raw': 'x'.repeat(4096) });
  const attach = async (file: string) => (await run('losetup', ['--find', '--show', file])).stdout.trim();
  const [ours, others] = [await attach(join(owned, 'disk.raw')), await attach(join(folder.path, 'other.raw'))];

  await reclaimAbandoned(journal, 'root');

  const left = [await fileOf(ours), await fileOf(others)];
  await run('losetup', ['--detach', others]);
  expect(left).toEqual([undefined, join(folder.path, 'other.raw')]);
});

test('a loop device of a file in memory is found by the name of the file when its folder is gone', async () => {
  const { folder, owned, journal } = await abandonedFolder();
  await using _folder = folder;
  const script =
    'mount -t tmpfs memory "$0" && truncate -s 1M "$0/dib_image.0123abcd.raw" && losetup --find --show "$0/dib_image.0123abcd.raw"';
  const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, owned]);
  const before = await fileOf(stdout.trim());

  await reclaimAbandoned(journal, 'root');

  expect([before, await fileOf(stdout.trim())]).toEqual(['/dib_image.0123abcd.raw', undefined]);
});
