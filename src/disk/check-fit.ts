import { existsSync } from 'node:fs';
import type { Bytes } from '../model/bytes.ts';
import type { DiskLayout } from '../model/disk.ts';
import { checkExtFit } from './ext-fit.ts';
import { measureTree, type TreeMeasure } from './measure-tree.ts';
import { type PlacedFilesystem, placeLayout } from './place-layout.ts';
import { tooSmall } from './too-small.ts';
import { treeContents } from './tree-contents.ts';

/**
 * Checks, before any disk is written, that a tree can fit the disks of a layout. What is close to the limit, or compressed, is left to the
 * tools that write it.
 * @param size length of disks whose length the layout does not fix
 * @param whole what all of the tree takes up: where that is one filesystem it is not walked again
 * @throws IngotError `IMAGE_TOO_SMALL` naming the partition, volume or filesystem, and what is missing
 */
export function checkFit(layout: DiskLayout, tree: string, size: Bytes, whole: TreeMeasure): void {
  for (const placed of placeLayout(layout, size).filesystems) {
    const { folder, hidden } = treeContents(layout, placed.node, tree);
    // A hook that comes later may make the folder.
    if (folder === undefined || !existsSync(folder)) continue;
    const isWhole = folder === tree && hidden.length === 0;
    checkOne(placed, () => (isWhole ? whole : measureTree(folder, hidden)));
  }
}

function checkOne({ node, size }: PlacedFilesystem, measure: () => TreeMeasure): void {
  const { name, type, options } = node;
  if (type.startsWith('ext')) {
    checkExtFit({ name, size, options, hasJournal: type !== 'ext2', measure: measure() });
    return;
  }
  if (type !== 'btrfs' && type !== 'xfs') return;
  const { blockBytes } = measure();
  if (blockBytes > size) throw tooSmall(name, blockBytes, size);
}
