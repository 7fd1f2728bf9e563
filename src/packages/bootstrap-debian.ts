import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInChroot } from '../host/chroot.ts';
import { openDownloader } from '../host/download.ts';
import type { RunResult } from '../host/process.ts';
import type { Credential } from '../model/access.ts';
import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import type { Environment } from '../model/request.ts';
import { packagesUnknown } from './apt-fault.ts';
import { type AptSource, distinctSources, formatAptSource } from './apt-source.ts';
import { extractBase } from './base-tree.ts';
import { indexIdentity } from './index-identity.ts';
import { dependencyClosure, installBatches } from './install-batches.ts';
import { packageStoreFolder, type StoredPackage, storePackages } from './package-store.ts';
import { type PackageFile, type PrivateApt, withPrivateApt } from './private-apt.ts';
import { pinPreferences, type SourcePin } from './release-pins.ts';
import { hasSplitUsr } from './split-usr.ts';

/**
 * What the minimal base is of what the main source has: all packages of priority required and apt, or with those of priority important and
 * of the first component alone, as debootstrap has it unless told otherwise. The names are those of mmdebstrap(1).
 */
export const BOOTSTRAP_VARIANTS = ['minbase', 'important'] as const;
export type BootstrapVariant = (typeof BOOTSTRAP_VARIANTS)[number];

export interface BootstrapOptions {
  /** Absolute path of an empty folder to make the system in. */
  readonly tree: string;
  readonly imageCache: string;
  readonly arch: string;
  /** The main source; it becomes `/etc/apt/sources.list`. */
  readonly main: AptSource;
  /** Further sources, such as updates and security, so that the newest packages are installed from the start. */
  readonly moreSources: readonly AptSource[];
  readonly keyrings: readonly string[];
  /** Sources whose packages have priorities of their own. */
  readonly pins?: readonly SourcePin[];
  /** File of apt settings to add. */
  readonly settings?: string;
  /** How much the minimal base is: undefined stands for `minbase`. */
  readonly variant?: BootstrapVariant;
  /** Packages besides the minimal base. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Packages that later steps will want: they are fetched along with the others. Unknown names only give a warning. */
  readonly declared: readonly string[];
  /** Those of them that these sources have to have. */
  readonly needed?: readonly string[];
  readonly isOffline: boolean;
  /** For proxies, and `SOURCE_DATE_EPOCH`. */
  readonly env: Environment;
  readonly credentials?: readonly Credential[];
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal;
}

/**
 * Makes a minimal Debian system: the packages of the variant and what is to be included, installed by dpkg in the tree.
 * Everything is resolved by apt and fetched before anything is installed.
 * @throws IngotError `SIGNATURE_INVALID`, `FETCH_FAILED`, `DIGEST_MISMATCH`, `PACKAGE_UNKNOWN`, `PACKAGES_UNRESOLVABLE`, `OFFLINE_MISS`,
 *   `BOOTSTRAP_FAILED`, `DISK_FULL`, `CANCELLED`
 */
export async function bootstrapDebian(options: BootstrapOptions): Promise<void> {
  await checkTree(options.tree);
  const wanted = await resolveAll(options);
  const stored = await fetchAll(wanted, options);
  const base = stored.slice(0, wanted.base.length);
  const essential = dependencyClosure(
    base.filter((facts) => facts.isEssential),
    base,
  );
  const store = packageStoreFolder(options.imageCache);
  await extractBase(essential, { ...options, store, isUsrSplit: hasSplitUsr(options.main.suite) });
  const rest = base.filter((facts) => !essential.includes(facts));
  await installInTree([essential, ...installBatches(rest)], store, options);
  await writeState(base, wanted.minimal, options);
}

async function checkTree(tree: string): Promise<void> {
  const present = (await readdir(tree)).filter((name) => !['lost+found', 'tmp'].includes(name));
  if (present.length > 0)
    throw new IngotError('BOOTSTRAP_FAILED', `${tree} is not empty: it has ${present.slice(0, 5).join(', ')}`, {
      hint: 'Two elements make the operating system; keep one of them.',
    });
}

interface Wanted {
  /** Names whose dependencies make the minimal base. */
  readonly minimal: readonly string[];
  readonly base: readonly PackageFile[];
  /** What later steps will want and the base has not. */
  readonly later: readonly PackageFile[];
}

async function resolveAll(options: BootstrapOptions): Promise<Wanted> {
  const sources = distinctSources([options.main, ...options.moreSources]);
  const identity = await indexIdentity({ ...options, sources });
  const preferences = pinPreferences(options.pins, identity.texts);
  return await withPrivateApt({ ...options, sources, preferences }, async (apt) => {
    await apt.update(identity, options.isOffline);
    const { needed = [], declared } = options;
    const names = await apt.known(['usr-is-merged', ...needed, ...declared]);
    const missing = needed.filter((name) => !names.has(name));
    if (missing.length > 0) throw packagesUnknown(missing);
    const minimal = await minimalBase(apt, names, options);
    const base = await apt.resolve([...minimal, ...options.include, ...options.exclude.map((name) => `${name}-`)]);
    const later = await resolveDeclared(apt, [...minimal, ...options.include], names, options);
    const digests = new Set(base.map((file) => file.sha256));
    return { minimal, base, later: later.filter((file) => !digests.has(file.sha256)) };
  });
}

/** usr-is-merged says that /usr is merged from the start; without it, apt would bring usrmerge and perl to merge it. */
async function minimalBase(
  apt: PrivateApt,
  names: ReadonlySet<string>,
  { main, variant, arch, exclude }: BootstrapOptions,
): Promise<readonly string[]> {
  const isWhole = variant === 'important';
  const { required, important } = await apt.base(main, isWhole ? main.components[0] : undefined);
  if (required.length === 0)
    throw new IngotError('PACKAGES_UNRESOLVABLE', `${formatAptSource(main)} has no packages for ${arch}`, {
      hint: 'Check the architecture (-a) and the components (DIB_DEBIAN_COMPONENTS).',
    });
  const isMarked = names.has('usr-is-merged') && !hasSplitUsr(main.suite);
  const minimal = [...required, 'apt', ...(isMarked ? ['usr-is-merged'] : []), ...(isWhole ? important : [])];
  return [...new Set(minimal)].filter((name) => !exclude.includes(name));
}

async function resolveDeclared(
  apt: PrivateApt,
  base: readonly string[],
  names: ReadonlySet<string>,
  options: BootstrapOptions,
): Promise<readonly PackageFile[]> {
  const unknown = options.declared.filter((name) => !names.has(name));
  if (unknown.length > 0) warn(options, `No package source has: ${unknown.join(', ')}`);
  const known = options.declared.filter((name) => names.has(name));
  if (known.length === 0) return [];
  try {
    return await apt.resolve([...base, ...known]);
  } catch (error) {
    if (!(error instanceof IngotError) || error.kind !== 'fetch') throw error;
    warn(options, `The packages of the elements are not fetched ahead: ${error.message}`);
    return [];
  }
}

function warn(options: BootstrapOptions, text: string): void {
  options.emit({ kind: 'message', level: 'warning', text });
}

async function fetchAll(wanted: Wanted, options: BootstrapOptions): Promise<readonly StoredPackage[]> {
  const { imageCache, env, credentials, signal, isOffline, emit } = options;
  return await storePackages([...wanted.base, ...wanted.later], imageCache, {
    openDownloader: async () => await openDownloader({ env, credentials, signal }),
    isOffline,
    emit,
    signal,
  });
}

/** The program that installs, and what it needs beside it. */
const INSTALLER = ['install-batches', 'dpkg-stand-ins'].map((name) => ({
  name,
  source: fileURLToPath(new URL(`../../lib/${name}`, import.meta.url)),
}));

/** Folder inside the tree for the time of installing. */
const WORK_FOLDER = '/tmp/.ingot-bootstrap';

async function installInTree(
  batches: readonly (readonly StoredPackage[])[],
  store: string,
  options: BootstrapOptions,
): Promise<void> {
  const { tree, signal } = options;
  const folder = join(tree, WORK_FOLDER);
  await mkdir(join(folder, 'packages'), { recursive: true });
  for (const { name, source } of INSTALLER) await cp(source, join(folder, name), { recursive: true });
  const lines = batches.map((batch) => batch.map((facts) => `${facts.path}\n`).join(''));
  const result = await runInChroot({
    tree,
    scratch: folder,
    command: ['/bin/bash', `${WORK_FOLDER}/install-batches`, `${WORK_FOLDER}/packages`],
    input: lines.join('\n'),
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LC_ALL: 'C',
      SOURCE_DATE_EPOCH: options.env.SOURCE_DATE_EPOCH ?? '',
    },
    binds: [{ source: store, target: `${WORK_FOLDER}/packages`, isReadOnly: true }],
    collects: false,
    signal,
  });
  await rm(folder, { recursive: true });
  if (result.status !== 0) throw installFailed(result, options.arch);
}

function installFailed({ status, tail }: RunResult, arch: string): IngotError {
  if (tail.some((line) => line.includes('Exec format error')))
    return new IngotError('BOOTSTRAP_FAILED', `This machine cannot run programs of ${arch}`, {
      tail,
      hint: 'Install qemu-user-static and binfmt-support, or build on a machine of that architecture.',
    });
  return new IngotError('BOOTSTRAP_FAILED', `dpkg could not install the base system: status ${status}`, {
    tail,
    hint: 'The last lines name the package. A newer state of the mirror may mend it.',
  });
}

/** As debootstrap leaves it, the minimal base counts as wanted by hand; what only `include` brought in can be removed again by apt. */
async function writeState(
  base: readonly StoredPackage[],
  minimal: readonly string[],
  options: BootstrapOptions,
): Promise<void> {
  const { tree, main, include, arch } = options;
  const chosen = base.filter((facts) => minimal.includes(facts.name));
  const byHand = dependencyClosure(chosen, base);
  const automatic = base.filter((facts) => !byHand.includes(facts) && !include.includes(facts.name));
  const marks = automatic.map(({ name, architecture }) =>
    [
      `Package: ${name}`,
      `Architecture: ${architecture === 'all' ? arch : architecture}`,
      'Auto-Installed: 1',
      '\n',
    ].join('\n'),
  );
  if (marks.length > 0) await writeFile(join(tree, 'var/lib/apt/extended_states'), marks.join(''));
  await writeFile(join(tree, 'etc/apt/sources.list'), `${formatAptSource(main)}\n`);
  await writeFile(join(tree, 'var/lib/dpkg/cmethopt'), 'apt apt\n');
  for (const path of LEFTOVERS) await rm(join(tree, path), { force: true });
}

/** Caches and copies that dpkg's programs make again when they miss them, with times of this build in them. */
const LEFTOVERS = [
  'var/cache/ldconfig/aux-cache',
  'var/cache/debconf/config.dat-old',
  'var/cache/debconf/templates.dat-old',
  'var/lib/dpkg/status-old',
  'var/lib/dpkg/diversions-old',
  'var/lib/dpkg/statoverride-old',
];
