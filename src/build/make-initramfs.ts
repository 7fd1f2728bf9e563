import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bind } from '../host/chroot-mounts.ts';
import { readTextIfPresent } from '../host/optional-file.ts';
import { resolveInTree } from '../host/tree-path.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import type { BuildContext } from './build-context.ts';
import { withQuickFunctions } from './initramfs-functions.ts';
import {
  INITRAMFS_FUNCTIONS,
  INITRAMFS_SHORTCUTS,
  INITRAMFS_WISH,
  QUICK_INITRAMFS_FUNCTIONS,
} from './library-files.ts';
import { type OnLine, runInTree } from './run-hook.ts';

/**
 * Generates the initramfs of every kernel in the tree, if package scripts have asked for that since the last time.
 * @returns false when nobody asked
 * @throws IngotError `HOOK_FAILED` when update-initramfs fails
 */
export async function makeInitramfs(context: BuildContext, env: Environment, onLine: OnLine): Promise<boolean> {
  const { root } = context.tree;
  if (!(await takeWish(root))) return false;
  const shortcuts = await placeShortcuts(root);
  const command = ['/usr/sbin/update-initramfs', '-c', '-k', 'all'];
  const { status, tail } = await runInTree(context, command, env, onLine, await quickFunctions(context));
  if (shortcuts !== undefined) await rm(shortcuts, { force: true });
  if (status === 0) return true;
  throw new IngotError('HOOK_FAILED', `update-initramfs ended with status ${status}`, { tail, exitStatus: status });
}

async function takeWish(root: string): Promise<boolean> {
  try {
    await rm(join(root, INITRAMFS_WISH));
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** @returns where the file lies; undefined where the tree has no initramfs-tools */
async function placeShortcuts(root: string): Promise<string | undefined> {
  const path = join(await resolveInTree(root, INITRAMFS_SHORTCUTS.folder), INITRAMFS_SHORTCUTS.name);
  try {
    await copyFile(INITRAMFS_SHORTCUTS.source, path);
    return path;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Shows the tree's functions with quicker ones among them in their place, so that the tree stays as it is. */
async function quickFunctions({ tree, channelFolder }: BuildContext): Promise<readonly Bind[]> {
  const text = await readTextIfPresent(await resolveInTree(tree.root, INITRAMFS_FUNCTIONS));
  if (text === undefined) return [];
  const functions = await Promise.all(
    QUICK_INITRAMFS_FUNCTIONS.map(async ({ source, ...known }) => ({ ...known, text: await readFile(source, 'utf8') })),
  );
  const source = join(channelFolder, 'initramfs-functions');
  await writeFile(source, withQuickFunctions(text, functions));
  return [{ source, target: INITRAMFS_FUNCTIONS, isReadOnly: true }];
}
