import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../../src/host/process.ts';
import { type FileServer, serveFolder } from './file-server.ts';
import { folderTree } from './folder-tree.ts';
import { buildRpms, type TestRpm } from './rpm-packages.ts';

/** Signed package repositories on loopback. */
export interface RpmRepositories extends AsyncDisposable {
  readonly server: FileServer;
  /** Folder that the server shows. */
  readonly folder: string;
  /** Path of the public key that packages and indices are signed with; the server shows it as `RPM-GPG-KEY-tests`. */
  readonly key: string;
  /** Replaces what the repository below a path offers. */
  publish(path: string, packages: readonly string[]): Promise<void>;
  /** Makes and signs packages. @returns their paths */
  build(packages: readonly TestRpm[]): Promise<readonly string[]>;
}

/** Serves an empty folder in which repositories can be published, all signed by one key. */
export async function rpmRepositories(): Promise<RpmRepositories> {
  const scratch = await folderTree({ 'keys/own/': '', 'keys/other/': '', 'www/': '', 'built/': '' });
  const folder = join(scratch.path, 'www');
  const own = await makeRpmKey(join(scratch.path, 'keys/own'));
  const server = await serveFolder(folder);
  const key = join(folder, 'RPM-GPG-KEY-tests');
  await copyFile(own.publicKey, key);
  let builds = 0;
  return {
    server,
    folder,
    key,
    build: async (packages) => {
      builds += 1;
      const files = await buildRpms(packages, join(scratch.path, 'built', String(builds)));
      const signedBy = (wanted: TestRpm['signature']) =>
        files.filter((_, index) => packages[index]?.signature === wanted);
      await own.signPackages(signedBy(undefined));
      if (signedBy('other').length > 0) {
        const other = await makeRpmKey(join(scratch.path, 'keys/other'));
        await other.signPackages(signedBy('other'));
      }
      return files;
    },
    publish: async (path, packages) => {
      const place = join(folder, path);
      await mkdir(join(place, 'Packages'), { recursive: true });
      const list = join(scratch.path, 'list');
      await writeFile(list, packages.map((file) => `Packages/${basename(file)}\n`).join(''));
      if (packages.length > 0) await run('ln', ['--force', '--target-directory', join(place, 'Packages'), ...packages]);
      await run('createrepo_c', ['--quiet', '--pkglist', list, place]);
      await own.signIndex(join(place, 'repodata/repomd.xml'));
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

/** Makes a key of its own in a folder, of the kind that distributions sign packages with. */
async function makeRpmKey(folder: string) {
  const env = { PATH: '/usr/bin:/bin', HOME: folder, GNUPGHOME: folder, LC_ALL: 'C' };
  await run('chmod', ['700', folder]);
  const gpg = async (...args: readonly string[]) => await run('gpg', ['--batch', '--quiet', '--yes', ...args], { env });
  await gpg('--pinentry-mode', 'loopback', '--passphrase', '', '--quick-gen-key', 'tests@example.org', 'rsa2048');
  const publicKey = join(folder, 'key.asc');
  await gpg('--armor', '--output', publicKey, '--export');
  const stopAgent = async () => void (await run('gpgconf', ['--kill', 'all'], { env }));
  await stopAgent();
  return {
    publicKey,
    signPackages: async (files: readonly string[]) => {
      if (files.length === 0) return;
      const macros = ['_gpg_name tests@example.org', '__gpg /usr/bin/gpg'].flatMap((macro) => ['--define', macro]);
      await run('rpmsign', [...macros, '--addsign', ...files], { env });
      await stopAgent();
    },
    /** Writes the signature and the key beside an index, as openSUSE has them. */
    signIndex: async (file: string) => {
      await gpg('--armor', '--detach-sign', '--output', `${file}.asc`, file);
      await copyFile(publicKey, `${file}.key`);
      await stopAgent();
    },
  };
}
