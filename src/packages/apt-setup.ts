import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import {
  type AptSource,
  distinctSources,
  formatAptSource,
  type NamedAptSource,
  parseAptSource,
  parseSourcesConf,
} from './apt-source.ts';
import type { SourcePin } from './release-pins.ts';

/** Where the packages of an image come from and who signs them. */
export interface AptSetup {
  /** Debian's name of the architecture. */
  readonly arch: string;
  /** The source that the base system comes from. */
  readonly main: AptSource;
  /** All sources, the main one first. */
  readonly sources: readonly AptSource[];
  /** Absolute paths. */
  readonly keyrings: readonly string[];
  /** Sources whose packages have priorities of their own (`DIB_APT_PINS`). */
  readonly pins?: readonly SourcePin[];
  /** File of apt settings to obey (`DIB_APT_CONF`). */
  readonly settings?: string;
}

const KEYRINGS: Readonly<Record<string, { readonly path: string; readonly hint: string }>> = {
  debian: {
    path: '/usr/share/keyrings/debian-archive-keyring.gpg',
    hint: 'Install the package debian-archive-keyring, or run: ingot doctor --install',
  },
  ubuntu: {
    path: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    hint: "Install the package ubuntu-keyring; where the machine's distribution has none, name a file with Ubuntu's keys in DIB_APT_KEYRING.",
  },
};

/**
 * Reads the setup out of the environment that the elements make.
 * @returns undefined when they describe no distribution that apt serves
 * @throws IngotError `DEFINITION_INVALID` for sources that cannot be understood
 */
export async function aptSetupOf(env: Environment): Promise<AptSetup | undefined> {
  const { ARCH: arch, DIB_RELEASE: release, DIB_DISTRIBUTION_MIRROR: mirror } = env;
  if (!arch || !release || !mirror || KEYRINGS[env.DISTRO_NAME ?? ''] === undefined) return undefined;
  const components = (env.DIB_DEBIAN_COMPONENTS ?? 'main').replaceAll(',', ' ');
  const main = parseAptSource(`deb ${mainOptions(env)} ${mirror} ${release} ${components}`);
  if (main === undefined)
    throw new IngotError('DEFINITION_INVALID', `"${mirror} ${release} ${components}" is not a package source`, {
      hint: 'Check DIB_DISTRIBUTION_MIRROR, DIB_RELEASE and DIB_DEBIAN_COMPONENTS.',
    });
  const named = parseSourcesConf(env.DIB_APT_SOURCES_CONF || suitesBeside(main, env));
  const whole = withOwnOptions(main, named);
  const others = named.flatMap(({ source }) => source ?? []).filter((source) => !isPartOf(source, main));
  const sources = distinctSources([whole, ...others]);
  return {
    arch,
    main: whole,
    sources,
    keyrings: sources.every(isSelfReliant) ? [] : await keyringsOf(env),
    pins: pinsOf(env, named),
    settings: env.DIB_APT_CONF ? env.DIB_APT_CONF : undefined,
  };
}

/** The suites of Ubuntu's mirror that are used beside that of the release, as `DIB_APT_SOURCES_CONF` would name them. */
function suitesBeside(main: AptSource, { DIB_UBUNTU_MIRROR_DISTS: names = '' }: Environment): string {
  const suites = names.split(/[\s,]+/).filter((name) => name !== '');
  return suites.map((name) => `${name}:${formatAptSource({ ...main, suite: `${main.suite}-${name}` })}`).join('\n');
}

/** Says of a source that stands in the list of all of them what stands there in brackets. */
function withOwnOptions(main: AptSource, named: readonly NamedAptSource[]): AptSource {
  const isSame = (source: AptSource) =>
    formatAptSource({ ...source, options: '' }) === formatAptSource({ ...main, options: '' });
  const own = named.flatMap(({ source }) => (source !== undefined && isSame(source) ? [source] : []))[0];
  return own === undefined || own.options === '' ? main : own;
}

/** True for a source that names its keys itself, or does without any. */
function isSelfReliant({ options }: AptSource): boolean {
  return /\b(signed-by=|trusted=yes\b)/i.test(options);
}

/**
 * Reads `DIB_APT_PINS`: on each line the name of a source of `DIB_APT_SOURCES_CONF` and a priority.
 * @throws IngotError `DEFINITION_INVALID` naming each line that is not of that form
 */
function pinsOf(env: Environment, named: readonly NamedAptSource[]): readonly SourcePin[] {
  const lines = (env.DIB_APT_PINS ?? '').split('\n').filter((line) => line.trim() !== '');
  const pins = lines.map((line) => {
    const [, name, priority] = /^\s*(\S+)\s+(-?\d+)\s*$/.exec(line) ?? [];
    const source = named.find((one) => one.name === name)?.source;
    return source === undefined ? { line } : { source, priority: Number(priority) };
  });
  const issues = pins.flatMap((pin) => ('line' in pin ? [{ message: `"${pin.line}" pins no source` }] : []));
  if (issues.length === 0) return pins.flatMap((pin) => ('line' in pin ? [] : [pin]));
  throw new IngotError('DEFINITION_INVALID', 'DIB_APT_PINS has lines that give no source a priority', {
    issues,
    hint: 'Write each line as NAME PRIORITY, with a name that DIB_APT_SOURCES_CONF has.',
  });
}

function mainOptions(env: Environment): string {
  return /(^|\s)--no-check-gpg(\s|$)/.test(env.DIB_DEBOOTSTRAP_EXTRA_ARGS ?? '') ? '[trusted=yes]' : '';
}

/** apt complains of an index that two sources name. */
function isPartOf(source: AptSource, whole: AptSource): boolean {
  return (
    source.uri === whole.uri &&
    source.suite === whole.suite &&
    source.components.every((component) => whole.components.includes(component))
  );
}

/** True where every keyring of a setup is there. */
export async function hasKeyrings({ keyrings }: AptSetup): Promise<boolean> {
  return (await missingKeyring(keyrings)) === undefined;
}

/**
 * Makes sure that what packages are signed with can be checked.
 * @throws IngotError `TOOL_MISSING` naming the keyring
 */
export async function requireKeyrings({ keyrings }: AptSetup): Promise<void> {
  const keyring = await missingKeyring(keyrings);
  if (keyring === undefined) return;
  const known = Object.values(KEYRINGS).find(({ path }) => path === keyring);
  throw new IngotError('TOOL_MISSING', `The keyring ${keyring} does not exist`, {
    hint: known?.hint ?? 'Name the file with the keys of your package sources in DIB_APT_KEYRING.',
  });
}

async function missingKeyring(keyrings: readonly string[]): Promise<string | undefined> {
  for (const keyring of keyrings) {
    try {
      await access(keyring);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return keyring;
      throw error;
    }
  }
  return undefined;
}

async function keyringsOf(env: Environment): Promise<readonly string[]> {
  const wanted = /(?:^|\s)--keyring[= ](\S+)/.exec(env.DIB_DEBOOTSTRAP_EXTRA_ARGS ?? '')?.[1];
  const known = KEYRINGS[env.DISTRO_NAME ?? ''];
  const keyring = wanted || env.DIB_APT_KEYRING || env.DIB_DEBIAN_KEYRING || known?.path || '';
  return [keyring, ...(await filesBelow(env.DIB_ADD_APT_KEYS ?? ''))];
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  if (folder === '') return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
