import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CCACHE_IN_TREE, HOOKS_IN_TREE } from '../elements/contract-environment.ts';
import type { Bind } from '../host/chroot-mounts.ts';
import { isThere } from '../host/is-there.ts';
import type { BuildTree } from './build-tree.ts';
import type { Repositories } from './repositories.ts';

/** Where what a chroot step sees comes from. */
export interface ChrootSources {
  /** The build tree, which must be open. */
  readonly tree: BuildTree;
  readonly repositories: Repositories;
  readonly ccacheFolder: string;
  /** Absolute path. */
  readonly imageCache: string;
}

/**
 * What a chroot step sees beside the root tree. A dpkg root gets apt folders of the build in place
 * of its own, so that lists and caches never enter a layer; dnf, zypper and emerge have their caches beside the tree for the same reason.
 */
export async function chrootBinds({
  tree,
  repositories,
  ccacheFolder,
  imageCache,
}: ChrootSources): Promise<readonly Bind[]> {
  mkdirSync(ccacheFolder, { recursive: true });
  const binds: Bind[] = [
    { source: tree.hooks, target: HOOKS_IN_TREE, isReadOnly: true },
    { source: ccacheFolder, target: CCACHE_IN_TREE, isReadOnly: false },
  ];
  if (isThere(join(tree.root, 'var/lib/dpkg'))) {
    const apt = await repositories.apt.aptFolders(join(tree.root, 'var/lib/apt/lists'));
    if (apt !== undefined) {
      binds.push({ source: apt.lists, target: '/var/lib/apt/lists', isReadOnly: false });
      binds.push({ source: apt.cache, target: '/var/cache/apt', isReadOnly: false });
    }
  }
  for (const { program, sign, target } of RPM_CACHES) {
    if (!isThere(join(tree.root, sign))) continue;
    binds.push({ source: await repositories.rpm.cacheOf(program), target, isReadOnly: false });
  }
  if (isThere(join(tree.root, 'etc/gentoo-release'))) {
    for (const { folder, target } of PORTAGE_FOLDERS) {
      const source = join(imageCache, 'gentoo', folder);
      mkdirSync(source, { recursive: true });
      binds.push({ source, target, isReadOnly: false });
    }
  }
  return binds;
}

/** Where emerge of Gentoo finds what builds keep. Its locks are of files, so that builds may share the folders. */
const PORTAGE_FOLDERS = [
  { folder: 'portage', target: '/tmp/portage-portdir' },
  { folder: 'distfiles', target: '/tmp/portage-distdir' },
  { folder: 'packages', target: '/tmp/portage-pkgdir' },
] as const;

/** Where programs of RPM distributions find packages that builds keep; `sign` is a path of every tree that has the program. */
const RPM_CACHES = [
  { program: 'yum', sign: 'etc/yum.repos.d', target: '/tmp/yum' },
  { program: 'zypper', sign: 'etc/zypp', target: '/var/cache/zypp' },
] as const;
