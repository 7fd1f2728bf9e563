import { link, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildPackage, type TestPackage } from './apt-repository.ts';
import { type Respin, respinDeb } from './respin-deb.ts';

/** The package files of an archive. Each act gives the path of the file below the archive. */
export interface ArchivePool {
  /** Shows a file of another place. */
  readonly link: (component: string, name: string, file: string) => Promise<string>;
  readonly build: (component: string, one: TestPackage) => Promise<string>;
  /** Builds a package again with another version. */
  readonly respin: (component: string, name: string, file: string, change: Respin) => Promise<string>;
}

/** Opens the pool of an archive. @param work absolute path of a folder for packages that are being built, on the same filesystem */
export function archivePool(archive: string, work: string): ArchivePool {
  const folderOf = async (component: string, name: string): Promise<string> => {
    const prefix = name.startsWith('lib') ? name.slice(0, 4) : name.slice(0, 1);
    const folder = `pool/${component}/${prefix}/${name}`;
    await mkdir(join(archive, folder), { recursive: true });
    return folder;
  };
  return {
    link: async (component, name, file) => {
      const path = join(await folderOf(component, name), basename(file));
      await link(file, join(archive, path));
      return path;
    },
    build: async (component, one) => {
      const folder = await folderOf(component, one.name);
      const built = await buildPackage({ compression: 'none', ...one }, work, join(archive, folder));
      return join(folder, basename(built));
    },
    respin: async (component, name, file, change) => {
      const architecture = file.slice(file.lastIndexOf('_') + 1);
      const path = join(await folderOf(component, name), `${name}_${change.version}_${architecture}`);
      await respinDeb(file, join(work, name), join(archive, path), change);
      return path;
    },
  };
}
