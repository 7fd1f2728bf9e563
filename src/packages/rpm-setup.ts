import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';

/** Where the packages of an RPM root come from. */
export interface RpmSetup {
  /** RPM's name of the architecture, such as `x86_64`. */
  readonly architecture: string;
  /** What `$releasever` stands for. */
  readonly release: string;
  /** What modules call the distribution, such as `platform:el9`; undefined where it has none. */
  readonly platform: string | undefined;
  /** Texts of repository files, by their names. */
  readonly repositories: Readonly<Record<string, string>>;
}

/** RPM's names of architectures, where they differ from Debian's. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  i386: 'i686',
  ppc64el: 'ppc64le',
};

/** Prefixes of the platforms that modules name. */
const PLATFORMS: Readonly<Record<string, string>> = { centos: 'el', rhel: 'el', rocky: 'el', fedora: 'f' };

/** Keys that images keep in a file, and where their publishers have them for machines without that file. */
const PUBLISHED_KEYS: readonly (readonly [file: RegExp, url: string])[] = [
  [/RPM-GPG-KEY-centosofficial-SHA256$/, 'https://www.centos.org/keys/RPM-GPG-KEY-CentOS-Official-SHA256'],
  [/RPM-GPG-KEY-centosofficial$/, 'https://www.centos.org/keys/RPM-GPG-KEY-CentOS-Official'],
  [/RPM-GPG-KEY-fedora-.*$/, 'https://fedoraproject.org/fedora.gpg'],
];

/**
 * Reads the setup out of the environment that the elements make, and out of the folder `yum.repos.d` of their files.
 * @param hooks absolute path of the merged hook tree
 * @returns undefined when they describe no RPM root that is made from repositories
 * @throws IngotError `DEFINITION_INVALID` for a release without repositories, with those that there are, for a folder that is not there, and
 *   for a variable in an element's file that is not set
 */
export async function rpmSetupOf(env: Environment, hooks: string): Promise<RpmSetup | undefined> {
  const repositories = await repositoriesOf(env, hooks);
  if (repositories === undefined) return undefined;
  const { ARCH: arch = '', DIB_RELEASE = '', DISTRO_NAME = '' } = env;
  const release = DIB_RELEASE.replace(/-.*/, '');
  const platform = PLATFORMS[DISTRO_NAME];
  return {
    architecture: ARCHITECTURES[arch] ?? arch,
    release,
    platform: platform === undefined ? undefined : `platform:${platform}${release}`,
    repositories: { ...repositories, ...(await extraRepositories(env)) },
  };
}

async function repositoriesOf(env: Environment, hooks: string): Promise<RpmSetup['repositories'] | undefined> {
  if (env.DIB_ZYPPER_REPOS) return zypperRepositories(env.DIB_ZYPPER_REPOS);
  if (!env.YUM) return undefined;
  const wanted = env.DIB_YUM_MINIMAL_BOOTSTRAP_REPOS;
  if (wanted) return await filesOf(wanted, 'DIB_YUM_MINIMAL_BOOTSTRAP_REPOS');
  const files = await elementsRepositories(join(hooks, 'yum.repos.d'), env);
  return files === undefined ? undefined : withVariables(files, env);
}

/** Variables of dnf are of small letters, so capital ones are the build's. */
const VARIABLE = /\$([A-Z][A-Z0-9_]*)/g;

function withVariables(files: RpmSetup['repositories'], env: Environment): RpmSetup['repositories'] {
  const filled = Object.entries(files).map(([file, text]) => {
    const valueFor = (_: string, name: string) => {
      const value = env[name];
      if (value !== undefined) return value;
      throw new IngotError('DEFINITION_INVALID', `yum.repos.d/${file} names ${name}, which no element sets`);
    };
    return [file, text.replace(VARIABLE, valueFor)] as const;
  });
  return Object.fromEntries(filled);
}

async function extraRepositories({ DIB_YUM_MINIMAL_EXTRA_REPOS: folder, YUM }: Environment) {
  return folder && YUM ? await filesOf(folder, 'DIB_YUM_MINIMAL_EXTRA_REPOS') : {};
}

/** A folder named by the release comes before the files beside it. */
async function elementsRepositories(folder: string, env: Environment): Promise<RpmSetup['repositories'] | undefined> {
  const release = env.DIB_RELEASE ?? '';
  const own = release === '' ? undefined : await repositoryFiles(join(folder, release));
  const files = own ?? (await repositoryFiles(folder));
  if (files === undefined || Object.keys(files).length > 0) return files;
  const choices = (await readdir(folder)).sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  throw new IngotError(
    'DEFINITION_INVALID',
    `There are no repositories for release "${release}" of ${env.DISTRO_NAME}`,
    {
      hint: `Set DIB_RELEASE to one of ${choices.join(', ')}, or name a folder of .repo files with DIB_YUM_MINIMAL_BOOTSTRAP_REPOS.`,
    },
  );
}

async function filesOf(folder: string, variable: string): Promise<RpmSetup['repositories']> {
  const files = await repositoryFiles(folder);
  if (files !== undefined && Object.keys(files).length > 0) return files;
  throw new IngotError('DEFINITION_INVALID', `${variable} names no folder with .repo files: ${folder}`, {
    hint: 'Give the absolute path of a folder, whose files are named like dib-mirror-baseos.repo.',
  });
}

/** @returns undefined where there is no such folder */
async function repositoryFiles(folder: string): Promise<RpmSetup['repositories'] | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return undefined;
    const names = (await readdir(folder)).filter((name) => name.endsWith('.repo')).sort();
    const texts = names.map(
      async (name) => [name, withReachableKeys(await readFile(join(folder, name), 'utf8'))] as const,
    );
    return Object.fromEntries(await Promise.all(texts));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Repository files of an image name keys as the image has them. */
function withReachableKeys(text: string): string {
  return text.replace(/file:\/\/(\/[^\s,]+)/g, (url, file: string) => {
    const published = PUBLISHED_KEYS.find(([pattern]) => pattern.test(file))?.[1];
    return published === undefined || existsSync(file) ? url : published;
  });
}

/** Reads `NAME=>URL NAME=>URL`. The key of such a repository lies beside its index. */
function zypperRepositories(text: string): RpmSetup['repositories'] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const files = words.map((word) => {
    const [, name, url] = /^([^=>\s]+)=>(\S+)$/.exec(word) ?? [];
    if (name === undefined || url === undefined)
      throw new IngotError('DEFINITION_INVALID', `"${word}" in DIB_ZYPPER_REPOS is not NAME=>URL`, {
        hint: 'Write, for example, oss=>https://download.opensuse.org/distribution/leap/15.6/repo/oss/',
      });
    const base = url.endsWith('/') ? url : `${url}/`;
    const lines = [`[repo-${name}]`, `name=repo-${name}`, `baseurl=${base}`, `gpgkey=${base}repodata/repomd.xml.key`];
    return [`repo-${name}.repo`, `${lines.join('\n')}\n`];
  });
  return Object.fromEntries(files);
}
