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
  if ((await mountsAtOrBelow(tree)).includes(tree)) await copyTree(beneath, tree);
}

/**
 * Takes the image out of a disk that hooks have made: its filesystems are unmounted, and the whole device is copied.
 * @param output absolute path of the file that becomes the image
 * @throws IngotError `ASSEMBLE_FAILED` when the device cannot be read
 */
export async function takeOwnDisk(tree: string, device: string, output: string): Promise<void> {
  for (const point of (await mountsAtOrBelow(tree)).toReversed()) await unmount(point);
  await run('cp', ['--sparse=always', device, output]).catch((error) => {
    if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') throw error;
    throw new IngotError('ASSEMBLE_FAILED', `The image cannot be read from IMAGE_BLOCK_DEVICE, which is ${device}`, {
      hint: 'The variable or the hook of block-device.d has to name the block device of the whole disk.',
      tail: error.details.tail,
      cause: error,
    });
  });
}
