import { chmod, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfPresent } from '../host/optional-file.ts';
import type { TargetImage } from '../model/target-image.ts';
import { type DescribedImage, readTargetMetadata } from '../yaml/target-metadata.ts';
import { digestsOf } from './checksums.ts';

/** Where the images of an environment are, and the file that describes them. */
export interface TargetSet {
  /** Absolute path. */
  readonly folder: string;
  readonly metadataName: string;
  readonly images: readonly TargetImage[];
}

/** True where every image is there as the metadata says, and is what is asked for: its bytes are read. */
export async function isSetComplete(
  { folder, metadataName, images }: TargetSet,
  signal: AbortSignal,
): Promise<boolean> {
  const text = readTextIfPresent(join(folder, metadataName));
  const described = text === undefined ? undefined : readTargetMetadata(text);
  if (described === undefined) return false;
  for (const image of images) {
    const entry = described.find(({ container_name: name }) => name === image.name);
    if (entry === undefined || !(await isAsDescribed(folder, image, entry, signal))) return false;
  }
  return true;
}

async function isAsDescribed(
  folder: string,
  { name, filesystem, container }: TargetImage,
  entry: DescribedImage,
  signal: AbortSignal,
): Promise<boolean> {
  if (entry.format !== filesystem || entry.container !== container) return false;
  const path = join(folder, name);
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile() || facts.size !== entry.container_size) return false;
  return (await digestsOf(path, ['md5'], signal)).md5 === entry.container_md5;
}

/**
 * Makes written images visible. Readers never see a part of a file, nor metadata that does not belong to the files: the old goes before the
 * first image is replaced, the new comes when all are there and on the disk. Whatever ends this leaves nothing but whole images.
 * @param staging folder with the images, on the same filesystem; the metadata is written there too
 */
export async function publishSet(
  { folder, metadataName, images }: TargetSet,
  staging: string,
  metadata: string,
): Promise<void> {
  const [described, metadataPath] = [join(staging, metadataName), join(folder, metadataName)];
  await writeFile(described, metadata);
  await chmod(described, 0o644);
  for (const name of [...images.map((image) => image.name), metadataName]) await sync(join(staging, name));
  await rm(metadataPath, { force: true });
  await sync(folder);
  for (const { name } of images) await rename(join(staging, name), join(folder, name));
  await sync(folder);
  await rename(described, metadataPath);
  await sync(folder);
}

async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}
