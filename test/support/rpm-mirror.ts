import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workshop } from './cli.ts';

/**
 * Writes repository files in the form that mirrors of a CI have, for `DIB_YUM_MINIMAL_BOOTSTRAP_REPOS`.
 * @param url of the server, where its key is
 * @param places of repositories below the server, by their names
 * @returns the folder with the files
 */
export async function mirrorFiles(
  shop: Workshop,
  url: string,
  places: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = shop.at('mirror');
  await mkdir(folder, { recursive: true });
  const sections = Object.entries(places).map(
    ([id, place]) => `[${id}]\nname=${id}\nbaseurl=${url}/${place}\ngpgkey=${url}/RPM-GPG-KEY-tests\n`,
  );
  await writeFile(join(folder, 'dib-mirror-all.repo'), sections.join(''));
  return folder;
}

/** Writes the repository files of CentOS. @param path of the mirror below the server, with a slash at its end */
export async function centosMirror(shop: Workshop, url: string, path = ''): Promise<string> {
  const place = (name: string) => `${path}$releasever-stream/${name}/$basearch/os`;
  return await mirrorFiles(shop, url, { baseos: place('BaseOS'), appstream: place('AppStream') });
}
