import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ArtifactStore } from '../../../src/layers/artifact-store.ts';
import { layerKey } from '../../../src/layers/key.ts';
import { bytes } from '../../../src/model/bytes.ts';
import { folderTree } from '../../support/folder-tree.ts';

test('builds that keep the same images at one time do not disturb each other', async () => {
  await using folder = await folderTree({ 'out/image.tar': 'image' });
  const store = new ArtifactStore(`${folder.path}/images`);
  const key = layerKey(undefined, { image: 'a' });
  await mkdir(`${folder.path}/images`);
  const paths = Array.from({ length: 20 }, (_, index) => `${folder.path}/out/${index}.tar`);
  for (const path of paths) await writeFile(path, 'image');

  await Promise.all(
    paths.map(async (path) => await store.keep(key, [{ format: 'tar', path, size: bytes(5), digests: {} }])),
  );

  expect(await store.find(key)).toEqual({ tar: `${folder.path}/images/${key}/tar` });
  expect(await readdir(`${folder.path}/images`)).toEqual([key]);
});
