import { lstat, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from '../model/errno.ts';

/** Links followed before a path counts as endless, as the kernel does. */
const MOST_LINKS = 40;

/**
 * Where a path of a root tree lies on the host, with every link resolved as inside the tree: an absolute link starts at the tree's root and
 * ".." does not leave it. What does not exist is taken as it is.
 * @param tree absolute path of the root tree
 * @param path path inside the tree
 * @throws Error `ELOOP` when the links never end
 */
export async function resolveInTree(tree: string, path: string): Promise<string> {
  const rest = path.split('/').reverse();
  let resolved = '/';
  let links = 0;
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      resolved = dirname(resolved);
      continue;
    }
    const target = await linkTarget(join(tree, resolved, name));
    if (target === undefined) {
      resolved = join(resolved, name);
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) throw Object.assign(new Error(`${path} in ${tree}: too many links`), { code: 'ELOOP' });
    if (target.startsWith('/')) resolved = '/';
    rest.push(...target.split('/').reverse());
  }
  return join(tree, resolved);
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
