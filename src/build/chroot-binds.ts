import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { HOOKS_IN_TREE } from '../elements/contract-environment.ts';
import type { Bind } from '../host/chroot.ts';
import type { BuildTree } from './build-tree.ts';
import type { Repositories } from './repositories.ts';

/**
 * What a chroot step sees beside the root tree. The build tree must be open. A dpkg root gets apt folders of the build in place
 * of its own, so that lists and caches never enter a layer.
 */
export async function chrootBinds(tree: BuildTree, repositories: Repositories): Promise<readonly Bind[]> {
  const binds: Bind[] = [{ source: tree.hooks, target: HOOKS_IN_TREE, isReadOnly: true }];
  if (await exists(join(tree.root, 'var/lib/dpkg'))) {
    const apt = await repositories.aptFolders();
    binds.push({ source: apt.lists, target: '/var/lib/apt/lists', isReadOnly: false });
    binds.push({ source: apt.cache, target: '/var/cache/apt', isReadOnly: false });
  }
  return binds;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
