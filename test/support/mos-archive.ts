import { link, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { archivePool } from './archive-pool.ts';
import { readStanzas, writeSuite } from './archive-suite.ts';
import { debianPackages } from './debian-packages.ts';
import { type KeptArchive, keptArchive } from './kept-archive.ts';

/** Raised when archives of an older recipe must not be used any more. */
const RECIPE = 2;

/** Versions in the archive of packages that the stand-in for Ubuntu has too: one is newer there than here, one is older. */
export const MOS_VERSIONS = { tree: '1.0-1~mos1', netbase: '99.1~mos1' } as const;

/** Packages that nobody has fetched before a test that uses one; the package `probe-NAME` has the file `/opt/NAME`, with `probeText`. */
export const PROBES = [
  'status',
  'reset',
  'stall',
  'truncate',
  'corrupt',
  'missing',
  'slow',
  'late',
  'cut',
  'early',
] as const;
export type Probe = (typeof PROBES)[number];

/** Content of the file of a probe. */
export function probeText(name: Probe): string {
  return name.repeat(50_000);
}

/**
 * An archive that a vendor puts beside Ubuntu's, with a key of its own: an older `tree`, a newer `netbase`, and `mos-release` and probes,
 * which nobody else has. It is there twice: as suite `mos9.0` with the components main and restricted, and flat in the folder `flat`.
 */
export interface MosArchive extends KeptArchive {
  readonly suite: string;
  /** Folder of the flat repository below `folder`; its package source is `deb URI/flat ./`. */
  readonly flat: string;
}

/** Opens the archive; makes it where it is not there. The options mean what they mean for the stand-in for Ubuntu. */
export async function openMosArchive(options: {
  readonly folder: string;
  readonly imageCache: string;
}): Promise<MosArchive> {
  const names = { suite: 'mos9.0', flat: 'flat' };
  const debian = await debianPackages([Object.keys(MOS_VERSIONS)], options.imageCache);
  const recipe = [RECIPE, names, MOS_VERSIONS, PROBES, debian.state];
  const archive = await keptArchive(options.folder, 'mos', recipe, async (folder, key, _keyring, work) => {
    const pool = archivePool(folder, work);
    const files = await debian.fetch();
    const paths = [await pool.build('main', { name: 'mos-release', version: '9.0' })];
    for (const name of PROBES)
      paths.push(await pool.build('main', { name: `probe-${name}`, files: { [`opt/${name}`]: probeText(name) } }));
    for (const [name, version] of Object.entries(MOS_VERSIONS))
      paths.push(await pool.respin('main', name, files.get(name) ?? '', { version }));
    const fields = releaseFields(names.suite, new Date(debian.changedAt * 1000));
    const packages = { main: paths, restricted: [] };
    const suite = { path: `dists/${names.suite}`, fields: { ...fields, Components: 'main restricted' }, packages };
    await writeSuite(folder, suite, await readStanzas(folder, 'pool'), key);

    await mkdir(join(folder, names.flat));
    for (const path of paths) await link(join(folder, path), join(folder, names.flat, basename(path)));
    const flatPaths = paths.map((path) => `./${basename(path)}`).sort();
    const flat = { path: '', fields, packages: { '': flatPaths } };
    await writeSuite(join(folder, names.flat), flat, await readStanzas(join(folder, names.flat)), key);
  });
  return { ...archive, ...names };
}

function releaseFields(suite: string, date: Date) {
  return {
    Origin: 'Mirantis',
    Label: suite,
    Suite: suite,
    Codename: suite,
    Date: date.toUTCString(),
    Architectures: 'amd64',
    Description: `${suite} beside Ubuntu`,
  };
}
