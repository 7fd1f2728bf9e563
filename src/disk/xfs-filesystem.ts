import { mkdtemp, rmdir, statfs } from 'node:fs/promises';
import { copyTree } from '../host/copy-tree.ts';
import { attachLoop } from '../host/loop-device.ts';
import { mountDevice } from '../host/mounts.ts';
import { run } from '../host/process.ts';
import { formatBytes, MIB } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import { makeDeviceNodes } from './device-nodes.ts';
import type { FilesystemRequest } from './filesystem-request.ts';
import { filesystemUuid } from './identity.ts';
import { underEmptyFolders } from './under-empty-folders.ts';

/** mkfs.xfs refuses to make smaller ones. */
const SMALLEST = 300 * MIB;

/** What a file or folder takes beside its contents. */
const INODE_BYTES = 512;

/**
 * Makes an XFS filesystem with everything in a folder, inside a disk image. No tool fills one faithfully without the kernel, so it is
 * mounted for the time of the copy. Its contents are the same each time, its bytes are not: the kernel dates inodes and numbers their
 * generations as it likes.
 * @throws IngotError `IMAGE_TOO_SMALL` when it does not fit, `DEVICE_NEEDED` without a loop device, `ASSEMBLE_FAILED` with the words of
 *   mkfs.xfs or of the kernel
 */
export async function writeXfsFilesystem(request: FilesystemRequest): Promise<void> {
  const { node, output, start, size, sectorSize, folder, identity, signal } = request;
  if (size < SMALLEST) throw tooSmall(node.name, SMALLEST - size, 'XFS is never smaller than 300 MiB');
  await using device = await attachLoop(output, { offset: start, size, sectorSize, signal });
  // The disk is a new sparse file, so there is nothing to discard.
  const words = ['-q', '-f', '-K', '-L', node.label, '-m', `uuid=${filesystemUuid(identity, node)}`, ...node.options];
  await run('mkfs.xfs', [...words, device.path], { signal }).catch((error) => {
    const hint = 'The last lines are those of mkfs.xfs. Look at --mkfs-options and at the options in the layout.';
    throw explained(error, `The filesystem "${node.name}" cannot be made`, hint);
  });
  if (folder !== undefined) await fill(request, device.path, folder);
}

async function fill(request: FilesystemRequest, device: string, folder: string): Promise<void> {
  const { node, output, hidden, epoch, signal } = request;
  const target = await mkdtemp(`${output}.`);
  try {
    // Another build of the same plan may have one with the same UUID mounted.
    await using _mount = await mountDevice(device, target, ['nouuid', 'noatime']).catch((error) => {
      const hint = 'The kernel needs XFS. Where it has none, choose another type, such as ext4.';
      throw explained(error, `The filesystem "${node.name}" cannot be mounted`, hint);
    });
    await refuseOverflow(request, target);
    const wrap = (words: readonly string[]) => underEmptyFolders(folder, hidden, words);
    await copyTree(folder, target, { wrap, signal }).catch((error) => {
      throw explained(error, `The filesystem "${node.name}" cannot be filled`, 'The last lines are those of cp.');
    });
    if (node.mount?.point === '/') await makeDeviceNodes(target);
    const late = ['-newermt', `@${epoch}`, '-exec', 'touch', '--no-dereference', `--date=@${epoch}`, '{}', '+'];
    await run('find', [target, ...late], { signal });
  } finally {
    await rmdir(target);
  }
}

/** Says before a long copy that it would not fit. */
async function refuseOverflow({ node, measure }: FilesystemRequest, target: string): Promise<void> {
  const { bavail, bsize } = await statfs(target);
  const needed = measure.blockBytes + measure.inodes * INODE_BYTES;
  const missing = needed - bavail * bsize;
  if (missing > 0) throw tooSmall(node.name, missing, `its tree needs ${formatBytes(needed)}`);
}

function tooSmall(name: string, missing: number, reason: string): IngotError {
  return new IngotError('IMAGE_TOO_SMALL', `The filesystem "${name}" is ${formatBytes(missing)} too small: ${reason}`, {
    hint: `Raise --image-size by ${formatBytes(missing)} or more, or choose another type of filesystem.`,
  });
}

function explained(error: unknown, message: string, hint: string): unknown {
  if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') return error;
  return new IngotError('ASSEMBLE_FAILED', message, { hint, tail: error.details.tail, cause: error });
}
