import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { isSetComplete, publishSet, type TargetSet } from '../../../src/formats/target-set.ts';
import { bytes } from '../../../src/model/bytes.ts';
import type { TargetImage } from '../../../src/model/target-image.ts';
import { formatTargetMetadata } from '../../../src/yaml/target-metadata.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

const ROOT: TargetImage = { mountPoint: '/', filesystem: 'ext4', container: 'raw', name: 'env.img' };
const BOOT: TargetImage = { mountPoint: '/boot', filesystem: 'ext2', container: 'raw', name: 'env-boot.img' };

function metadata(contents: Readonly<Record<string, string>>): string {
  const images = [ROOT, BOOT].map((image) => {
    const content = contents[image.name] ?? '';
    const measured = { size: bytes(content.length), md5: createHash('md5').update(content).digest('hex') };
    return { ...image, raw: { size: bytes(7), md5: '0'.repeat(32) }, file: measured };
  });
  return formatTargetMetadata({ images, repositories: [], packages: ['nginx'] });
}

const setIn = (folder: FolderTree): TargetSet => ({
  folder: `${folder.path}/out`,
  metadataName: 'env.yaml',
  images: [ROOT, BOOT],
});

const CONTENTS = { 'env.img': 'root content', 'env-boot.img': 'boot content' } as const;

async function published(change: Readonly<Record<string, string>> = {}): Promise<FolderTree> {
  return await folderTree({
    'out/env.img': CONTENTS['env.img'],
    'out/env-boot.img': CONTENTS['env-boot.img'],
    'out/env.yaml': metadata(CONTENTS),
    ...change,
  });
}

async function isComplete(folder: FolderTree, set: TargetSet = setIn(folder)): Promise<boolean> {
  return await isSetComplete(set, new AbortController().signal);
}

test('a set whose bytes are those of the metadata is complete', async () => {
  await using folder = await published();

  expect(await isComplete(folder)).toBe(true);
});

test.each([
  ['an image of other bytes', { 'out/env.img': 'root CONTENT' }],
  ['a shorter image', { 'out/env-boot.img': 'boot' }],
  ['metadata in the older form of a list', { 'out/env.yaml': '- /: {md5: a, size: 1}\n' }],
  ['metadata that is no YAML', { 'out/env.yaml': 'images: [' }],
])('%s makes a set incomplete', async (_, change) => {
  await using folder = await published(change);

  expect(await isComplete(folder)).toBe(false);
});

test('a set without its metadata, or with another filesystem or container than asked for, is incomplete', async () => {
  await using folder = await published();

  expect(await isComplete(folder, { ...setIn(folder), metadataName: 'other.yaml' })).toBe(false);
  expect(await isComplete(folder, { ...setIn(folder), images: [{ ...ROOT, filesystem: 'xfs' }, BOOT] })).toBe(false);
  expect(await isComplete(folder, { ...setIn(folder), images: [ROOT, { ...BOOT, container: 'gzip' }] })).toBe(false);
});

test('publishing replaces images and metadata, for everybody to read', { tags: ['fuel.publish'] }, async () => {
  await using folder = await published({ 'staging/env.img': 'new root', 'staging/env-boot.img': 'new boot' });

  await publishSet(
    setIn(folder),
    `${folder.path}/staging`,
    metadata({ 'env.img': 'new root', 'env-boot.img': 'new boot' }),
  );

  expect(await isComplete(folder)).toBe(true);
  expect(await readFile(`${folder.path}/out/env.img`, 'utf8')).toBe('new root');
  expect((await stat(`${folder.path}/out/env.yaml`)).mode & 0o777).toBe(0o644);
  expect((await readdir(`${folder.path}/out`)).sort()).toEqual(['env-boot.img', 'env.img', 'env.yaml']);
});

test('the old metadata is gone where publishing ends in the middle', { tags: ['fuel.publish'] }, async () => {
  await using folder = await published({ 'staging/env.img': 'new root', 'staging/env-boot.img': 'new boot' });
  // A folder with the name of an image keeps the image from taking its place.
  await rm(`${folder.path}/out/env-boot.img`);
  await mkdir(`${folder.path}/out/env-boot.img/inside`, { recursive: true });

  await expect(publishSet(setIn(folder), `${folder.path}/staging`, 'new')).rejects.toMatchObject({ code: 'EISDIR' });

  expect(await readdir(`${folder.path}/out`)).not.toContain('env.yaml');
});

test('metadata tells the filesystem from the file that it is packed in', { tags: ['fuel.metadata'] }, () => {
  expect(parse(metadata(CONTENTS)).images[0]).toMatchObject({
    raw_size: 7,
    raw_md5: '0'.repeat(32),
    container_size: 12,
  });
});
