import { readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { layerKey } from '../../../src/layers/key.ts';
import { TargetStore } from '../../../src/layers/target-store.ts';
import { bytes } from '../../../src/model/bytes.ts';
import { folderTree } from '../../support/folder-tree.ts';

const FACTS = { raw: { size: bytes(9), md5: 'a' }, file: { size: bytes(5), md5: 'b' } };
const KEY = layerKey(undefined, { image: 'a' });

test('builds that keep the same image at one time do not disturb each other', async () => {
  await using folder = await folderTree({ 'out/': '' });
  const store = new TargetStore(`${folder.path}/images`);
  const paths = Array.from({ length: 20 }, (_, index) => `${folder.path}/out/${index}.img`);
  for (const path of paths) await writeFile(path, 'image');

  await Promise.all(paths.map(async (path) => await store.keep(KEY, path, FACTS)));

  expect(await store.find(KEY)).toEqual({ ...FACTS, path: `${folder.path}/images/${KEY}/image` });
  expect(await readdir(`${folder.path}/images`)).toEqual([KEY]);
});

test('an image that its user has changed is not handed out again, and makes room for a new one', async () => {
  await using folder = await folderTree({ 'out/image': 'image', 'out/new': 'other' });
  const store = new TargetStore(`${folder.path}/images`);
  await store.keep(KEY, `${folder.path}/out/image`, FACTS);

  await writeFile(`${folder.path}/out/image`, 'grown by a machine');

  expect(await store.find(KEY)).toBeUndefined();
  await store.keep(KEY, `${folder.path}/out/new`, FACTS);
  expect(await readFile((await store.find(KEY))?.path ?? '', 'utf8')).toBe('other');
});
