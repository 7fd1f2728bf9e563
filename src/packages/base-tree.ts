import { mkdir, open, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { start } from '../host/process.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
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

/**
 * Unpacks packages into an empty root tree without their scripts, so that dpkg can run there and install them properly.
 * @param packages with base-files among them
 */
export async function extractBase(
  packages: readonly StoredPackage[],
  options: { readonly tree: string; readonly store: string; readonly arch: string; readonly signal?: AbortSignal },
): Promise<void> {
  const { tree, store, arch, signal } = options;
  const baseFiles = packages.filter((facts) => facts.name === 'base-files');
  const others = packages.filter((facts) => facts.name !== 'base-files');
  const linksItself = await Promise.all(baseFiles.map((facts) => bringsUsrLinks(facts, store)));
  if (!linksItself.includes(true)) await linkIntoUsr(tree, ['bin', 'sbin', 'lib', ...(LIBRARY_LINKS[arch] ?? [])]);
  await extractAll(baseFiles, tree, store, signal);
  const half = Math.ceil(others.length / 2);
  await Promise.all(
    [others.slice(0, half), others.slice(half)].map(async (part) => await extractAll(part, tree, store, signal)),
  );
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

async function extractAll(
  packages: readonly StoredPackage[],
  tree: string,
  store: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const facts of packages) {
    signal?.throwIfAborted();
    await using file = await open(join(store, facts.path));
    await file.read(Buffer.alloc(facts.data.offset), 0, facts.data.offset, null); // tar starts at the file's position
    const tar = start('tar', ['--extract', '--keep-directory-symlink', '--same-permissions', `--directory=${tree}`], {
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: [file.fd, 'ignore', 'inherit'],
    });
    const status = await tar.ended;
    if (status !== 0)
      throw new IngotError('TOOL_FAILED', `tar ended with status ${status} while it unpacked ${facts.name}`);
  }
}
