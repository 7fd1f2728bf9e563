import type { FileHandle } from 'node:fs/promises';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundFilesystem } from '../disk/find-filesystems.ts';
import { attachLoop } from '../host/loop-device.ts';
import { mountDevice, mountFuseExt } from '../host/mounts.ts';
import { resolveInTree } from '../host/tree-path.ts';
import { IngotError } from '../model/error.ts';
import { imageMounts } from './image-mounts.ts';

export interface ImageTree {
  readonly disk: FileHandle;
  readonly filesystems: readonly FoundFilesystem[];
  /** Absolute path of an empty folder to show the tree in. */
  readonly point: string;
  /** Name of the image for messages. */
  readonly name: string;
  readonly isUserNamespace: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The root tree of a disk image, to be read until it is disposed. */
export interface MountedImageTree extends AsyncDisposable {
  /** What belongs into the tree and is not there: FAT. */
  readonly fat: readonly { readonly offset: number; readonly folder: string }[];
}

/**
 * Shows the root tree of a disk image with everything that its file system table mounts, for reading alone. ext2, ext3 and ext4 are read
 * by a program; xfs and btrfs by the kernel through a loop device.
 * @throws IngotError `IMAGE_UNREADABLE` naming what was found, `DEVICE_NEEDED` for xfs and btrfs without root, `TOOL_MISSING`
 */
export async function mountImageTree(tree: ImageTree): Promise<MountedImageTree> {
  await using stack = new AsyncDisposableStack();
  const root = await mountRoot(tree, stack);
  if (root === undefined) throw noRoot(tree);
  const fstab = await readFile(await resolveInTree(tree.point, 'etc/fstab'), 'utf8').catch(() => '');
  const mounts = imageMounts(fstab, tree.filesystems, root);
  const fat: { offset: number; folder: string }[] = [];
  for (const { filesystem, folder, options } of mounts) {
    if (filesystem.type === 'vfat') fat.push({ offset: filesystem.offset, folder });
    else await mountBelow(tree, stack, { filesystem, folder, options });
  }
  const held = stack.move();
  return { fat, [Symbol.asyncDispose]: async () => await held.disposeAsync() };
}

/** Where the root of a btrfs filesystem may be: its default subvolume, or one of a usual name. */
const ROOT_SUBVOLUMES = [[], ['subvol=root'], ['subvol=@']];

/** The root is the last filesystem with /etc: those for booting stand before it. */
async function mountRoot(tree: ImageTree, stack: AsyncDisposableStack): Promise<FoundFilesystem | undefined> {
  for (const filesystem of tree.filesystems.toReversed()) {
    if (!isReadable(filesystem)) continue;
    for (const options of filesystem.type === 'btrfs' ? ROOT_SUBVOLUMES : [[]]) {
      await using attempt = new AsyncDisposableStack();
      if (!(await tryMount(tree, attempt, filesystem, options))) continue;
      if (!(await isFolder(join(tree.point, 'etc')))) continue;
      stack.use(attempt.move());
      return filesystem;
    }
  }
  return undefined;
}

/** A subvolume that is not there is no failure. */
async function tryMount(
  tree: ImageTree,
  stack: AsyncDisposableStack,
  filesystem: FoundFilesystem,
  options: readonly string[],
): Promise<boolean> {
  try {
    await mountAt(tree, stack, { filesystem, point: tree.point, options });
    return true;
  } catch (error) {
    if (options.length === 0 || !(error instanceof IngotError) || error.code !== 'TOOL_FAILED') throw error;
    return false;
  }
}

async function mountBelow(
  tree: ImageTree,
  stack: AsyncDisposableStack,
  { filesystem, folder, options }: { filesystem: FoundFilesystem; folder: string; options: readonly string[] },
): Promise<void> {
  const point = await resolveInTree(tree.point, folder);
  if (!isReadable(filesystem) || !(await isFolder(point))) return;
  await mountAt(tree, stack, { filesystem, point, options });
}

interface Mount {
  readonly filesystem: FoundFilesystem;
  readonly point: string;
  readonly options: readonly string[];
}

async function mountAt(tree: ImageTree, stack: AsyncDisposableStack, { filesystem, point, options }: Mount) {
  const { offset, size, type } = filesystem;
  // A program that is started finds the disk, which has no name, among the files of this process.
  const file = `/proc/${process.pid}/fd/${tree.disk.fd}`;
  if (/^ext[234]$/.test(type)) {
    stack.use(await mountFuseExt(file, offset, point));
    return;
  }
  if (tree.isUserNamespace) throw needsRoot(tree, filesystem);
  const { signal } = tree;
  const loop = stack.use(await attachLoop(file, { offset, size, sectorSize: 512, isReadOnly: true, signal }));
  const careful = type === 'xfs' ? ['nouuid', 'norecovery'] : ['rescue=nologreplay'];
  stack.use(await mountDevice(loop.path, point, ['ro', ...careful, ...options]));
}

function isReadable({ type }: FoundFilesystem): boolean {
  return /^(ext[234]|xfs|btrfs)$/.test(type);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

function needsRoot({ name }: ImageTree, { place, type }: FoundFilesystem): IngotError {
  return new IngotError(
    'DEVICE_NEEDED',
    `The base image ${name} has ${type} on ${place}, which is read through a kernel block device, and only root can make one`,
    { hint: 'Build as root; or start from an image with ext4, a squashfs image or a tar archive.' },
  );
}

function noRoot({ name, filesystems }: ImageTree): IngotError {
  const found = filesystems.map(({ place, type }) => `${type} on ${place}`).join(', ');
  const message = `The base image ${name} has no root filesystem that can be read: found ${found === '' ? 'none' : found}`;
  return new IngotError('IMAGE_UNREADABLE', message, {
    hint: 'A root can be read from ext2, ext3, ext4, xfs and btrfs, on a partition or on the whole disk.',
  });
}
