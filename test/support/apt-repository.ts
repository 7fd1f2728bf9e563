import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../src/host/process.ts';
import type { AptSource } from '../../src/packages/apt-source.ts';
import { type FileServer, type ServerOptions, serveFolder } from './file-server.ts';
import { type FileTexts, folderTree } from './folder-tree.ts';

/** A package to publish. Fields are those of Debian's control files. */
export interface TestPackage {
  readonly name: string;
  readonly version?: string;
  /** Such as `Depends`, `Essential`, `Priority`. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly files?: FileTexts;
  /** Files of this machine to take along: absolute paths, by path in the package. */
  readonly copies?: Readonly<Record<string, string>>;
  /** Maintainer scripts by name, such as `preinst`. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly compression?: 'xz' | 'gzip' | 'zstd' | 'none';
}

/** A signed package repository on loopback. */
export interface AptRepository extends AsyncDisposable {
  readonly server: FileServer;
  readonly source: AptSource;
  /** Path of the keyring with the key that signs it. */
  readonly keyring: string;
  /** Folder that the server shows. */
  readonly folder: string;
  /** Replaces what the repository offers, and signs it. */
  publish(packages: readonly TestPackage[], date?: Date): Promise<void>;
}

/** Release date of a repository that is told none. */
export const RELEASE_DATE = new Date('2026-03-04T05:06:07Z');

/** Makes and serves a repository of architecture amd64, suite `stable`, component `main`. */
export async function aptRepository(
  packages: readonly TestPackage[],
  options: ServerOptions = {},
): Promise<AptRepository> {
  const scratch = await folderTree({ 'keys/': '', 'www/': '', 'build/': '' });
  const key = await makeKey(join(scratch.path, 'keys'));
  const folder = join(scratch.path, 'www');
  const server = await serveFolder(folder, options);
  const publish = async (wanted: readonly TestPackage[], date = RELEASE_DATE) => {
    await writeRepository(wanted, folder, join(scratch.path, 'build'), date);
    await key.sign(join(folder, 'dists/stable'));
  };
  await publish(packages);
  return {
    server,
    source: { options: '', uri: server.url, suite: 'stable', components: ['main'] },
    keyring: key.keyring,
    folder,
    publish,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

/** Makes a key of its own in a folder; another one than any other call makes. */
export async function makeKey(folder: string) {
  const env = { PATH: '/usr/bin:/bin', GNUPGHOME: folder, LC_ALL: 'C' };
  await run('chmod', ['700', folder]);
  const gpg = async (...args: readonly string[]) => await run('gpg', ['--batch', '--quiet', '--yes', ...args], { env });
  await gpg('--pinentry-mode', 'loopback', '--passphrase', '', '--quick-gen-key', 'tests@example.org', 'ed25519');
  const keyring = join(folder, 'keyring.gpg');
  await gpg('--output', keyring, '--export');
  await run('gpgconf', ['--kill', 'all'], { env });
  return {
    keyring,
    /** Writes a text with its signature in itself. */
    clearsign: async (text: string, target: string) => {
      await gpg('--output', target, '--clearsign', text);
      await run('gpgconf', ['--kill', 'all'], { env });
    },
    /** Writes the signature of a file beside it. */
    detach: async (file: string, target: string) => {
      await gpg('--output', target, '--detach-sign', file);
      await run('gpgconf', ['--kill', 'all'], { env });
    },
    /** Writes `InRelease` beside a `Release` file. */
    sign: async (suite: string) => {
      await gpg('--output', join(suite, 'InRelease.new'), '--clearsign', join(suite, 'Release'));
      await run('gpgconf', ['--kill', 'all'], { env });
      await rename(join(suite, 'InRelease.new'), join(suite, 'InRelease'));
    },
  };
}

async function writeRepository(packages: readonly TestPackage[], folder: string, build: string, date: Date) {
  const indexFolder = join(folder, 'dists/stable/main/binary-amd64');
  await mkdir(indexFolder, { recursive: true });
  await mkdir(join(folder, 'pool'), { recursive: true });
  const files: string[] = [];
  for (const one of packages) files.push(await buildPackage(one, build, join(folder, 'pool')));
  const entries = files.map(async (file) => {
    const { stdout } = await run('apt-ftparchive', ['packages', file], { cwd: folder });
    return stdout;
  });
  const index = join(indexFolder, 'Packages');
  await writeFile(index, (await Promise.all(entries)).join(''));
  for (const compressor of ['gzip', 'xz']) await run(compressor, ['--force', '--keep', index]);
  const settings = ['Suite=stable', 'Codename=stable', 'Architectures=amd64', 'Components=main'];
  const options = settings.flatMap((setting) => ['-o', `APT::FTPArchive::Release::${setting}`]);
  const { stdout } = await run('apt-ftparchive', [...options, 'release', 'dists/stable'], { cwd: folder });
  const release = stdout.replace(/^Date: .*$/m, `Date: ${date.toUTCString()}`);
  await writeFile(join(folder, 'dists/stable/Release'), release);
}

/** Builds a package file. @returns its path below the repository */
export async function buildPackage(one: TestPackage, build: string, pool: string): Promise<string> {
  const version = one.version ?? '1.0';
  const fields = { Architecture: 'amd64', Maintainer: 'Tests <tests@example.org>', Description: 'test', ...one.fields };
  const control = Object.entries({ Package: one.name, Version: version, ...fields }).map(
    ([name, value]) => `${name}: ${value}\n`,
  );
  const scripts = Object.entries(one.scripts ?? {}).map(([name, text]) => [`DEBIAN/${name}`, `exec:${text}`]);
  await using tree = await folderTree({
    'DEBIAN/control': control.join(''),
    ...Object.fromEntries(scripts),
    ...one.files,
  });
  for (const [path, file] of Object.entries(one.copies ?? {})) {
    await mkdir(dirname(join(tree.path, path)), { recursive: true });
    await copyFile(file, join(tree.path, path));
  }
  await run('chmod', ['0755', tree.path]);
  const name = `${one.name}_${version.replace(':', '%3a')}_${fields.Architecture}.deb`;
  const compression = `-Z${one.compression ?? 'xz'}`;
  await run('dpkg-deb', ['--root-owner-group', compression, '--build', tree.path, join(build, name)]);
  await rename(join(build, name), join(pool, name));
  return `pool/${name}`;
}
