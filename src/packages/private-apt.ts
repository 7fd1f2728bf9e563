import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { fetchPatienceOf } from '../host/fetch-patience.ts';
import { type FileLock, tryLock } from '../host/lock.ts';
import { makePrivateFolder } from '../host/private-folder.ts';
import { type RunResult, runForStatus } from '../host/process.ts';
import type { Credential } from '../model/access.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { AUTH_FILE_MODE, formatAptAuth } from './apt-access.ts';
import { aptError } from './apt-fault.ts';
import { type AptSource, distinctSources, formatAptSource } from './apt-source.ts';
import type { IndexIdentity } from './index-identity.ts';
import { type BaseNames, readBaseNames, readKnownNames } from './index-names.ts';
import { keptAnswers } from './kept-answers.ts';

export interface PrivateAptOptions {
  readonly imageCache: string;
  /** Debian's name of the architecture. */
  readonly arch: string;
  readonly sources: readonly AptSource[];
  /** Absolute paths of the keyrings that sources must be signed with, unless a source names its own. */
  readonly keyrings: readonly string[];
  /** File of apt settings to add (`DIB_APT_CONF`). */
  readonly settings?: string;
  /** Text in the form of apt_preferences(5). */
  readonly preferences?: string;
  /** For proxies. */
  readonly env: Environment;
  /** For addresses that have none themselves. */
  readonly credentials?: readonly Credential[];
  readonly signal?: AbortSignal;
}

/** apt of the host, working on folders of its own: nothing of the host's configuration or state is read or written. */
export interface PrivateApt {
  /** Package index files; kept from build to build. */
  readonly lists: string;
  /** Folder of what follows from the index alone; emptied when the index changes. */
  readonly answers: string;
  /** Brings the index to the state that `identity` names, unless it is in that state. */
  update(identity: IndexIdentity, isOffline: boolean): Promise<void>;
  /** Which of the names packages of the index have or provide. */
  known(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** What a minimal system is made of that comes from one of the sources, or from one component of it. */
  base(source: AptSource, component?: string): Promise<BaseNames>;
  /** Files that installing the packages on an empty system takes. `name-` leaves a package out. */
  resolve(packages: readonly string[]): Promise<readonly PackageFile[]>;
}

/** A package file as the index names it. */
export interface PackageFile {
  readonly url: string;
  /** Such as `bash_5.2.15-2+b2_amd64.deb`. */
  readonly fileName: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** Runs `work` with the apt of a set of sources, alone: two builds do not change one index at the same time. */
export async function withPrivateApt<T>(options: PrivateAptOptions, work: (apt: PrivateApt) => Promise<T>): Promise<T> {
  const folder = await prepareFolder(options);
  await using _lock = await waitForLock(join(folder, 'in-use'), options.signal);
  const env = {
    ...proxiesOf(options.env),
    ...TOOL_ENVIRONMENT,
    APT_CONFIG: join(folder, 'apt.conf'),
  };
  const apt = async (args: readonly string[]) => await runForStatus('apt-get', args, { env, signal: options.signal });
  const lists = join(folder, 'lists');
  const answersFolder = join(folder, 'answers');
  const answers = keptAnswers(answersFolder);
  return await work({
    lists,
    answers: answersFolder,
    update: async (identity, isOffline) => {
      if (await isAt(identity, lists)) return;
      await answers.forget();
      await update(apt, isOffline, options);
    },
    known: async (names) => {
      const find = async () => [...(await readKnownNames(names, lists, options.signal))].join(' ');
      return new Set(words(await answers.answer(['known', ...names].join(' '), find)));
    },
    base: async (source, component) => {
      const line = distinctSources(options.sources).findIndex(
        (one) => formatAptSource(one) === formatAptSource(source),
      );
      const question = ['base', line, component].join(' ');
      const answer = await answers.answer(question, async () => {
        const { required, important } = await readBaseNames(await indexFiles(apt, line + 1, component), options.signal);
        return `${required.join(' ')}\n${important.join(' ')}`;
      });
      const [required = '', important = ''] = answer.split('\n');
      return { required: words(required), important: words(important) };
    },
    resolve: async (packages) => {
      const program = await stat('/usr/bin/apt-get').catch(() => undefined); // another apt may decide otherwise
      const question = ['files', program?.mtimeMs, program?.size, ...packages].join(' ');
      return parsePackageFiles(await answers.answer(question, async () => await resolve(apt, packages)));
    },
  });
}

const TOOL_ENVIRONMENT: Environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

type Apt = (args: readonly string[]) => Promise<RunResult>;

async function isAt(identity: IndexIdentity, lists: string): Promise<boolean> {
  const kept = await releaseDigests(lists);
  return identity.releases.every((release) => kept.has(release));
}

async function update(apt: Apt, isOffline: boolean, { env, signal }: PrivateAptOptions): Promise<void> {
  if (isOffline)
    throw new IngotError('OFFLINE_MISS', 'The build is offline and the package index is not in the cache', {
      hint: 'Build once with the network, so that the package index is kept.',
    });
  const checks = await hostDateChecks(signal);
  const { attempts, timeoutMs } = fetchPatienceOf(env);
  const result = await apt([
    '-q',
    '-o',
    'APT::Update::Error-Mode=any',
    '-o',
    `Acquire::Retries=${attempts - 1}`,
    '-o',
    `Acquire::http::Timeout=${timeoutMs / 1000}`,
    ...checks,
    'update',
  ]);
  if (result.status !== 0) throw aptError(result.stderr, 'the package index could not be brought up to date');
}

/** Who works with a frozen mirror has told the host's apt not to mind the age of release files; that counts here too. */
async function hostDateChecks(signal: AbortSignal | undefined): Promise<readonly string[]> {
  const names = ['Acquire::Check-Valid-Until', 'Acquire::Check-Date'];
  const { stdout } = await runForStatus('apt-config', ['dump', '--format', '%f %v%n', ...names], {
    env: TOOL_ENVIRONMENT,
    signal,
  });
  return names.flatMap((name) => {
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(stdout)?.[1];
    return value === undefined ? [] : ['-o', `${name}=${value}`];
  });
}

async function releaseDigests(lists: string): Promise<ReadonlySet<string>> {
  const names = (await readdir(lists)).filter((name) => /_(In)?Release$/.test(name));
  const digests = names.map(async (name) =>
    createHash('sha256')
      .update(await readFile(join(lists, name)))
      .digest('hex'),
  );
  return new Set(await Promise.all(digests));
}

async function resolve(apt: Apt, packages: readonly string[]): Promise<string> {
  const result = await apt(['-qq', '-y', '--print-uris', '-o', 'Acquire::ForceHash=SHA256', 'install', ...packages]);
  if (result.status !== 0) throw aptError(`${result.stdout}\n${result.stderr}`, 'the packages could not be resolved');
  return result.stdout;
}

/** Absolute paths of the index files of the packages that a line of the list of sources names, from 1. */
async function indexFiles(apt: Apt, line: number, component: string | undefined): Promise<readonly string[]> {
  const format = '$(SOURCESENTRY) $(COMPONENT) $(FILENAME)';
  const { stdout } = await apt(['indextargets', '--format', format, 'Created-By: Packages']);
  return stdout.split('\n').flatMap((target) => {
    const [, at, of, path] = /^\S+:(\d+) (\S*) (.+)$/.exec(target) ?? [];
    const isWanted = at === String(line) && (component === undefined || of === component);
    return isWanted && path !== undefined ? [path] : [];
  });
}

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '');
}

/** Reads the lines that `apt-get --print-uris` prints with SHA-256 digests; other lines are passed over. */
export function parsePackageFiles(output: string): readonly PackageFile[] {
  return [...output.matchAll(/^'([^']+)' (\S+) (\d+) SHA256:([0-9a-f]{64})$/gm)].map(
    ([, url = '', fileName = '', size = '', sha256 = '']) => ({ url, fileName, size: Number(size), sha256 }),
  );
}

async function prepareFolder(options: PrivateAptOptions): Promise<string> {
  const signedBy = `signed-by=${options.keyrings.join(',')}`;
  const lines = distinctSources(options.sources).map((source) =>
    formatAptSource(source, /\bsigned-by=/i.test(source.options) || options.keyrings.length === 0 ? [] : [signedBy]),
  );
  const settings = options.settings === undefined ? '' : await readFile(options.settings, 'utf8');
  const keys = await Promise.all(options.keyrings.map(async (path) => await readFile(path, 'base64')));
  const { preferences = '' } = options;
  const name = createHash('sha256')
    .update([options.arch, settings, preferences, ...keys, ...lines].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const all = join(options.imageCache, 'ingot', 'apt');
  await makePrivateFolder(all);
  const folder = join(all, name);
  for (const part of ['etc', 'lists/partial', 'cache/archives/partial', 'state'])
    await mkdir(join(folder, part), { recursive: true });
  await writeFile(join(folder, 'etc/sources.list'), `${lines.join('\n')}\n`);
  await writeFile(join(folder, 'etc/preferences'), preferences);
  await writeFileAtomically(join(folder, 'etc/auth.conf'), formatAptAuth(options.credentials ?? []), AUTH_FILE_MODE);
  await writeFile(join(folder, 'state/status'), '');
  await writeFile(join(folder, 'apt.conf'), `${configuration(folder, options.arch)}\n${settings}`);
  return folder;
}

function configuration(folder: string, arch: string): string {
  const settings: Readonly<Record<string, string>> = {
    Dir: folder,
    'Dir::Etc': join(folder, 'etc'),
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::sourcelist': join(folder, 'etc/sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::netrc': join(folder, 'etc/auth.conf'),
    'Dir::Etc::netrcparts': '/dev/null',
    'Dir::Etc::trusted': '/dev/null',
    'Dir::Etc::trustedparts': '/dev/null',
    'Dir::Etc::preferences': join(folder, 'etc/preferences'),
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'state/status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Log': join(folder, 'state'),
    'APT::Architecture': arch,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  // An index under gzip is a third larger than under xz, and unpacked in a third of the time.
  return [...lines, `APT::Architectures { "${arch}"; };`, 'Acquire::CompressionTypes::Order { "gz"; };'].join('\n');
}

function proxiesOf(env: Environment): Environment {
  const names = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

async function waitForLock(path: string, signal: AbortSignal | undefined): Promise<FileLock> {
  for (;;) {
    const lock = await tryLock(path, 'exclusive');
    if (lock !== undefined) return lock;
    if (signal?.aborted) throw new IngotError('CANCELLED', 'The wait for the package index was stopped');
    await sleep(200);
  }
}
