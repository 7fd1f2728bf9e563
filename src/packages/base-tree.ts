import { mkdir, open, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../host/process.ts';
import { isErrno } from '../model/errno.ts';
import type { Environment } from '../model/request.ts';
import type { StoredPackage } from './package-store.ts';
import { tarEntries } from './tar-entries.ts';

/** Folders of the root directory that are links into /usr, besides bin, sbin and lib, where base-files does not bring them itself. */
const LIBRARY_LINKS: Readonly<Record<string, readonly string[]>> = {
  amd64: ['lib32', 'lib64', 'libx32'],
  i386: ['lib64', 'libx32'],
  ppc64el: ['lib64'],
  s390x: ['lib32'],
  loong64: ['lib32', 'lib64'],
};

const EXTRACT_PACKAGES = fileURLToPath(new URL('../../lib/extract-packages', import.meta.url));

const TOOL_ENVIRONMENT: Environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

export interface BaseTreeOptions {
  /** Absolute path of the empty root tree. */
  readonly tree: string;
  /** Absolute path of the folder with the packages. */
  readonly store: string;
  readonly arch: string;
  /** True leaves `/bin`, `/sbin` and `/lib` folders, as packages of old releases need it. */
  readonly isUsrSplit: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Unpacks packages into an empty root tree without their scripts, so that dpkg can run there and install them properly.
 * @param packages with base-files among them
 */
export async function extractBase(packages: readonly StoredPackage[], options: BaseTreeOptions): Promise<void> {
  const { tree, store, arch, isUsrSplit, signal } = options;
  const baseFiles = packages.filter((facts) => facts.name === 'base-files');
  const others = packages.filter((facts) => facts.name !== 'base-files');
  const linksItself = await Promise.all(baseFiles.map((facts) => bringsUsrLinks(facts, store)));
  if (!isUsrSplit && !linksItself.includes(true))
    await linkIntoUsr(tree, ['bin', 'sbin', 'lib', ...(LIBRARY_LINKS[arch] ?? [])]);
  const lines = [...baseFiles, ...others].map(({ data, path }) => `${data.offset} ${join(store, path)}\n`);
  await run(EXTRACT_PACKAGES, [tree], { env: TOOL_ENVIRONMENT, input: lines.join(''), signal });
}

async function bringsUsrLinks(baseFiles: StoredPackage, store: string): Promise<boolean> {
  await using file = await open(join(store, baseFiles.path));
  const { offset, size } = baseFiles.data;
  const { buffer } = await file.read(Buffer.alloc(size), 0, size, offset);
  return [...tarEntries(buffer)].some((entry) => entry.kind === 'symlink' && /^(\.\/)?bin$/.test(entry.name));
}

async function linkIntoUsr(tree: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(tree, 'usr', name), { recursive: true });
    const link = join(tree, name);
    await symlink(`usr/${name}`, link).catch(async (error: unknown) => {
      if (!isErrno(error, 'EEXIST') || (await readlink(link)) !== `usr/${name}`) throw error;
    });
  }
}
