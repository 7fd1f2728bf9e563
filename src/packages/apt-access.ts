import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credential, RepositoryAccess } from '../model/access.ts';

/** Who may read credentials: their owner. */
export const AUTH_FILE_MODE = 0o600;

/**
 * Credentials in the form of apt_auth.conf(5), each twice: for plain http apt wants the protocol in front, which that of old releases does
 * not understand.
 */
export function formatAptAuth(credentials: readonly Credential[]): string {
  return credentials
    .flatMap(({ address, user, password }) => {
      const rest = `${address.replace(/\/+$/, '')}/`;
      return [rest, rest.replace(/^[a-z]+:\/\//, '')].map(
        (machine) => `machine ${machine} login ${user} password ${password}\n`,
      );
    })
    .join('');
}

/**
 * Tells apt of the tree how repositories are reached, beside the tree: in the folder where it finds its settings while an image is built.
 * @param folder absolute path of the folder with `apt.conf`, which is added to
 * @param folderInTree absolute path of that folder in the tree
 */
export async function giveAptAccess(
  { proxies, credentials }: RepositoryAccess,
  folder: string,
  folderInTree: string,
): Promise<void> {
  await writeFile(join(folder, 'auth.conf'), formatAptAuth(credentials), { mode: AUTH_FILE_MODE });
  const lines = [`Dir::Etc::netrc "${folderInTree}/auth.conf";`, ...proxyLines(proxies)];
  await writeFile(join(folder, 'apt.conf'), `${lines.join('\n')}\n`, { flag: 'a' });
}

function proxyLines(proxies: RepositoryAccess['proxies']): readonly string[] {
  const direct = (proxies.no_proxy ?? '').split(',').filter((host) => host !== '');
  return ['http', 'https', 'ftp'].flatMap((protocol) => {
    const proxy = proxies[`${protocol}_proxy`] ?? '';
    if (proxy === '') return [];
    const setting = `Acquire::${protocol}::Proxy`;
    return [`${setting} "${proxy}";`, ...direct.map((host) => `${setting}::${host} "DIRECT";`)];
  });
}
