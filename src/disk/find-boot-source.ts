import type { FileHandle } from 'node:fs/promises';
import { IngotError } from '../model/error.ts';
import type { BootSource } from './boot-files.ts';
import { ExtFiles } from './ext-files.ts';
import { type FoundFilesystem, findFilesystems } from './find-filesystems.ts';

/**
 * Finds the root filesystem of an image, which is the first one with `/etc`, and what its `/etc/fstab` mounts at `/boot`.
 * @param disk open for reading
 * @param image its name for messages
 * @throws IngotError `IMAGE_UNREADABLE` with what was found, where no root can be read
 */
export async function findBootSource(disk: FileHandle, image: string): Promise<BootSource> {
  const filesystems = await findFilesystems(disk);
  const root = await findRoot(disk, filesystems);
  if (root === undefined) throw noRoot(image, filesystems);
  const separate = bootInFstab(await fstabOf(root), filesystems);
  if (separate === undefined) return { root, boot: { files: root, folder: '/boot' } };
  if (!isExt(separate)) throw noBoot(image, separate);
  return { root, boot: { files: new ExtFiles(disk, separate.offset), folder: '/' } };
}

async function findRoot(disk: FileHandle, filesystems: readonly FoundFilesystem[]): Promise<ExtFiles | undefined> {
  for (const filesystem of filesystems.filter(isExt)) {
    const files = new ExtFiles(disk, filesystem.offset);
    if ((await files.find('etc'))?.kind === 'folder') return files;
  }
  return undefined;
}

function isExt({ type }: FoundFilesystem): boolean {
  return /^ext[234]$/.test(type);
}

async function fstabOf(root: ExtFiles): Promise<string> {
  const file = await root.find('etc/fstab');
  return file?.kind === 'file' ? await root.text(file) : '';
}

/** The filesystem that a table names for `/boot` by its label or UUID. */
function bootInFstab(fstab: string, filesystems: readonly FoundFilesystem[]): FoundFilesystem | undefined {
  const entries = fstab.split('\n').map((line) => line.trim().split(/\s+/));
  const source = entries.find(([first = '#', point]) => !first.startsWith('#') && point === '/boot')?.[0];
  const [, tag, value] = /^(LABEL|UUID)="?([^"]*)"?$/.exec(source ?? '') ?? [];
  return filesystems.find(({ label, uuid }) => value !== undefined && value === (tag === 'LABEL' ? label : uuid));
}

const READABLE = 'Root and /boot can be read from ext2, ext3 and ext4.';
const ELEMENT = 'The element baremetal writes kernel and ramdisk beside the image while it is built.';

function noRoot(image: string, filesystems: readonly FoundFilesystem[]): IngotError {
  const found = filesystems.map(({ place, type }) => `${type} on ${place}`).join(', ');
  const message = `The image ${image} has no root filesystem that can be read: found ${found === '' ? 'none' : found}`;
  return new IngotError('IMAGE_UNREADABLE', message, { hint: `${READABLE} ${ELEMENT}` });
}

function noBoot(image: string, { place, type }: FoundFilesystem): IngotError {
  return new IngotError('IMAGE_UNREADABLE', `The image ${image} has its /boot on ${place}, which is ${type}`, {
    hint: `${READABLE} ${ELEMENT}`,
  });
}
