import type { TestPackage } from './apt-repository.ts';
import { type ArchivePool, archivePool } from './archive-pool.ts';
import { readStanzas, writeSuite } from './archive-suite.ts';
import { debianPackages } from './debian-packages.ts';
import { type KeptArchive, keptArchive } from './kept-archive.ts';
import type { Respin } from './respin-deb.ts';
import { DEBIAN_GROUPS, type UbuntuRelease, UNIVERSE, ubuntuBaseFiles, ubuntuOnlyPackages } from './ubuntu-packages.ts';

/** Raised when archives of an older recipe must not be used any more. */
const RECIPE = 1;

export interface UbuntuArchiveOptions {
  /** Absolute path; archives are kept below it, and opened from there the next time. */
  readonly folder: string;
  /** Image cache whose packages are linked into the archive; what it has not is fetched into it. */
  readonly imageCache: string;
  /** A name that no release of Ubuntu has, unless a name is what a test is about. */
  readonly codename?: string;
  /** Such as `24.04`. */
  readonly version?: string;
  /** Further packages of Debian, with all that they need; they have to go together with each other. */
  readonly debian?: readonly string[];
  /** Further packages of our own for the component main. */
  readonly made?: readonly TestPackage[];
}

/**
 * A signed archive in the shape of Ubuntu's, made of Debian's packages, on the disk. Its suites are NAME, NAME-updates, NAME-security and
 * NAME-backports, its components main, restricted, universe and multiverse. `base-files` says that the system is Ubuntu. Updates have a
 * newer `base-files`, security has a newer `adduser`, backports a newer `tree`.
 */
export interface UbuntuArchive extends KeptArchive {
  readonly codename: string;
}

/** Opens the stand-in for Ubuntu's archive; makes it where it is not there for the present state of Debian's. */
export async function openUbuntuArchive(options: UbuntuArchiveOptions): Promise<UbuntuArchive> {
  const { folder, imageCache, codename = 'marmot', version = '24.04', made = [] } = options;
  const release = { codename, version };
  const groups = [...DEBIAN_GROUPS, ...(options.debian === undefined ? [] : [options.debian])];
  const debian = await debianPackages(groups, imageCache);
  const recipe = [RECIPE, release, groups, made, debian.state];
  const archive = await keptArchive(folder, 'ubuntu', recipe, async (path, key, keyring, work) => {
    const packages = [...ubuntuOnlyPackages(keyring), ...made];
    const pockets = await fillPool(archivePool(path, work), release, await debian.fetch(), packages);
    const stanzas = await readStanzas(path, 'pool');
    for (const [pocket, paths] of Object.entries(pockets)) {
      const fields = releaseFields(release, pocket, new Date(debian.changedAt * 1000));
      const suite = { path: `dists/${codename}${pocket}`, fields, packages: byComponent(paths) };
      await writeSuite(path, suite, stanzas, key);
    }
  });
  return { ...archive, codename };
}

type Pocket = '' | '-updates' | '-security' | '-backports';

/** @returns paths of the package files of each pocket */
async function fillPool(
  pool: ArchivePool,
  release: UbuntuRelease,
  files: ReadonlyMap<string, string>,
  made: readonly TestPackage[],
): Promise<Readonly<Record<Pocket, readonly string[]>>> {
  const respin = async (name: string, change: Respin) =>
    await pool.respin(componentOf(name), name, files.get(name) ?? '', change);
  const linked: string[] = [];
  for (const [name, file] of files)
    if (name !== 'base-files') linked.push(await pool.link(componentOf(name), name, file));
  for (const one of made) linked.push(await pool.build('main', one));
  return {
    '': [...linked, await respin('base-files', ubuntuBaseFiles(release, ''))],
    '-updates': [await respin('base-files', ubuntuBaseFiles(release, '.1'))],
    '-security': [await respin('adduser', { version: '3.137ubuntu1.1' })],
    '-backports': [await respin('tree', { version: '99.0-1' })],
  };
}

function componentOf(name: string): string {
  return UNIVERSE.has(name) ? 'universe' : 'main';
}

function byComponent(packages: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const components = ['main', 'restricted', 'universe', 'multiverse'];
  const of = (component: string) => packages.filter((path) => path.startsWith(`pool/${component}/`)).sort();
  return Object.fromEntries(components.map((component) => [component, of(component)]));
}

function releaseFields({ codename, version }: UbuntuRelease, pocket: string, date: Date) {
  return {
    Origin: 'Ubuntu',
    Label: 'Ubuntu',
    Suite: `${codename}${pocket}`,
    Version: version,
    Codename: codename,
    Date: date.toUTCString(),
    Architectures: 'amd64',
    Components: 'main restricted universe multiverse',
    Description: `Ubuntu ${codename} ${version}`,
    // Nobody gets a package of the backports who does not ask for it, but its updates.
    ...(pocket === '-backports' ? { NotAutomatic: 'yes', ButAutomaticUpgrades: 'yes' } : {}),
    'Acquire-By-Hash': 'yes',
  };
}
