import { chmodSync, constants, copyFileSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { HookTreeNode } from './hook-tree.ts';

/**
 * Writes a hook tree into a folder, which is made when it is missing. Modes, times and links stay as they are in the elements.
 * @param nodes as `collectHookTree` gives them: folders before what they hold
 * @param folder absolute; paths that exist in it are replaced
 */
export function writeHookTree(nodes: readonly HookTreeNode[], folder: string, signal?: AbortSignal): void {
  mkdirSync(folder, { recursive: true });
  for (const node of nodes) {
    signal?.throwIfAborted();
    writeNode(node, join(folder, node.target));
  }
}

function writeNode(node: HookTreeNode, path: string): void {
  if (node.kind === 'folder') {
    mkdirSync(path, { recursive: true });
    // the builder has to write below it, whatever the element's own mode is
    chmodSync(path, node.mode | 0o700);
    return;
  }
  rmSync(path, { force: true });
  if (node.kind === 'link') {
    symlinkSync(node.linkText ?? '', path);
    return;
  }
  copyFileSync(node.source, path, constants.COPYFILE_FICLONE);
  chmodSync(path, node.mode);
  const { atime, mtime } = statSync(node.source);
  utimesSync(path, atime, mtime);
}
