import { stat } from 'node:fs/promises';
import { copyTree } from '../host/copy-tree.ts';
import { mountsAtOrBelow, unmount } from '../host/mounts.ts';
import { run } from '../host/process.ts';
import { IngotError } from '../model/error.ts';

/**
 * Puts the tree on the filesystems that hooks of block-device.d have mounted over it; without any the tree stays where it is.
 * @param tree absolute path of the root tree, mounted over or not
 * @param beneath where the tree itself is seen
 */
export async function fillOwnDisk(tree: string, beneath: string): Promise<void> {
  if (mountsAtOrBelow(tree).includes(tree)) await copyTree(beneath, tree);
}

/** Unmounts the filesystems of a disk that hooks have made. Throws `TOOL_FAILED` while something uses one. */
export async function unmountOwnDisk(tree: string): Promise<void> {
  for (const point of mountsAtOrBelow(tree).toReversed()) await unmount(point);
}

/**
 * Makes an image of a whole device.
 * @param output absolute path of the file that becomes the image
 * @throws IngotError `ASSEMBLE_FAILED` when the device cannot be read
 */
export async function copyOwnDisk(device: string, output: string): Promise<void> {
  await run('cp', ['--sparse=always', device, output]).catch((error) => {
    if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') throw error;
    throw new IngotError('ASSEMBLE_FAILED', `The image cannot be read from IMAGE_BLOCK_DEVICE, which is ${device}`, {
      tail: error.details.tail,
      cause: error,
    });
  });
}

/** @throws IngotError `DEVICE_NEEDED` when what was named for the disk is no block device */
export async function refuseNoDevice(device: string): Promise<void> {
  const facts = await stat(device).catch(() => undefined);
  if (facts?.isBlockDevice() === true) return;
  throw new IngotError('DEVICE_NEEDED', `IMAGE_BLOCK_DEVICE is ${device}, which is no block device`, {
    hint: 'It has to name the device of the whole disk, such as /dev/loop0. Unset the variable to let ingot make the disk.',
  });
}
