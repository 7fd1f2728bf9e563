import { createHash } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '../../src/host/process.ts';
import type { makeKey } from './apt-repository.ts';

/** A key that release files are signed with. */
export type ArchiveKey = Awaited<ReturnType<typeof makeKey>>;

/** One suite of an archive: what stands in its release file, and the packages of its components. */
export interface Suite {
  /** Path of its folder below the archive, such as `dists/noble-updates`; empty for a flat repository in the archive's folder. */
  readonly path: string;
  /** Fields of its release file, such as `Origin` and `Codename`, in order. */
  readonly fields: Readonly<Record<string, string>>;
  /**
   * Paths of package files below the archive, by component. In a flat repository the component has no name.
   */
  readonly packages: Readonly<Record<string, readonly string[]>>;
}

/** Stanzas of package files by path below the archive. */
export type Stanzas = ReadonlyMap<string, string>;

/** Reads what an index says of the package files below a folder. @param folder a path below the archive; stanzas name files from there */
export async function readStanzas(archive: string, folder = '.'): Promise<Stanzas> {
  const digests = ['MD5', 'SHA1', 'SHA512'].flatMap((name) => ['-o', `APT::FTPArchive::${name}=false`]);
  const { stdout } = await run('apt-ftparchive', [...digests, 'packages', folder], { cwd: archive });
  const stanzas = stdout.split('\n\n').filter((text) => text.trim() !== '');
  return new Map(stanzas.map((text) => [/^Filename: (.*)$/m.exec(text)?.[1] ?? '', `${text}\n\n`]));
}

/**
 * Writes the indices and the signed release files of a suite, as the archives of Debian and Ubuntu have them: compressed indices under
 * their names and under their digests; the plain index is in the release file only.
 */
export async function writeSuite(archive: string, suite: Suite, stanzas: Stanzas, key: ArchiveKey): Promise<void> {
  const folder = join(archive, suite.path);
  const lines: string[] = [];
  for (const [component, packages] of Object.entries(suite.packages)) {
    const index = component === '' ? '' : `${component}/binary-amd64/`;
    await mkdir(join(folder, index), { recursive: true });
    const text = Buffer.from(packages.map((path) => stanzas.get(path) ?? unknown(path)).join(''));
    for (const [name, content] of [
      ['Packages', text],
      ['Packages.gz', gzipSync(text)],
      ['Packages.xz', await xz(join(folder, index, 'Packages'), text)],
    ] as const) {
      const digest = createHash('sha256').update(content).digest('hex');
      lines.push(` ${digest} ${`${content.length}`.padStart(16)} ${index}${name}`);
      if (name === 'Packages') continue;
      const byHash = join(folder, index, 'by-hash/SHA256');
      await mkdir(byHash, { recursive: true });
      await rm(join(folder, index, name), { force: true });
      await writeFile(join(folder, index, name), content);
      await link(join(folder, index, name), join(byHash, digest)).catch(() => {}); // the index may be as it was
    }
  }
  const fields = Object.entries(suite.fields).map(([name, value]) => `${name}: ${value}`);
  await writeFile(join(folder, 'Release'), `${[...fields, 'SHA256:', ...lines].join('\n')}\n`);
  await key.sign(folder);
}

async function xz(aside: string, content: Buffer): Promise<Buffer> {
  await writeFile(aside, content);
  await run('xz', ['-1', aside]);
  const packed = await readFile(`${aside}.xz`);
  await rm(`${aside}.xz`);
  return packed;
}

function unknown(path: string): never {
  throw new Error(`${path} is not in the archive`);
}
