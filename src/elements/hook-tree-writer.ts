import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, rm, stat, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { HookTreeNode } from './hook-tree.ts';

/**
 * Writes a hook tree into a folder, which is made when it is missing. Modes, times and links stay as they are in the elements.
 * @param nodes as `collectHookTree` gives them: folders before what they hold
 * @param folder absolute; paths that exist in it are replaced
 */
export async function writeHookTree(
  nodes: readonly HookTreeNode[],
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const node of nodes) {
    signal?.throwIfAborted();
    await writeNode(node, join(folder, node.target));
  }
}

async function writeNode(node: HookTreeNode, path: string): Promise<void> {
  if (node.kind === 'folder') {
    await mkdir(path, { recursive: true });
    // the builder has to write below it, whatever the element's own mode is
    await chmod(path, node.mode | 0o700);
    return;
  }
  await rm(path, { force: true });
  if (node.kind === 'link') {
    await symlink(node.linkText ?? '', path);
    return;
  }
  await copyFile(node.source, path, constants.COPYFILE_FICLONE);
  await chmod(path, node.mode);
  const { atime, mtime } = await stat(node.source);
  await utimes(path, atime, mtime);
}
