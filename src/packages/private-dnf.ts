import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, runForStatus } from '../host/process.ts';
import { requireTools } from '../host/tool-check.ts';
import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import type { Environment } from '../model/request.ts';
import { type DnfFault, dnfError } from './dnf-fault.ts';
import type { RpmSetup } from './rpm-setup.ts';

const FETCH_RPMS = fileURLToPath(new URL('../../lib/fetch-rpms', import.meta.url));

/** Python is the host's own: the modules of dnf belong to it. */
const SYSTEM_PYTHON = '/usr/bin/python3';

export interface PrivateDnfOptions {
  readonly setup: RpmSetup;
  /** Absolute path of the folder for indices and packages. */
  readonly cache: string;
  readonly isOffline: boolean;
  /** For proxies. */
  readonly env: Environment;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal;
}

/** Which state repositories are in. */
export interface RpmState {
  /** SHA-256 over their indices. Two builds with the same digest see the same packages. */
  readonly digest: string;
  /** When the newest of them changed, in seconds since the Unix epoch. */
  readonly epoch: number;
}

/** What `lib/fetch-rpms` prints, line by line. */
type Word =
  | DnfFault
  | { readonly done: number; readonly total: number }
  | {
      readonly states: readonly { readonly digest: string; readonly timestamp: number }[];
      readonly files: readonly string[];
    };

/**
 * Asks the repositories for their state.
 * @throws IngotError `FETCH_FAILED`, `OFFLINE_MISS`, `DEFINITION_INVALID`, `TOOL_MISSING`, `CANCELLED`
 */
export async function rpmState(options: PrivateDnfOptions): Promise<RpmState> {
  const { states } = await ask([], options);
  return {
    digest: createHash('sha256')
      .update(states.map(({ digest }) => digest).join('\n'))
      .digest('hex'),
    epoch: Math.max(0, ...states.map(({ timestamp }) => timestamp)),
  };
}

/**
 * Brings packages, with all that they need in an empty tree, into the cache, and checks their signatures.
 * @returns absolute paths in order of their names
 * @throws IngotError as `rpmState`, and `SIGNATURE_INVALID`, `DIGEST_MISMATCH`, `PACKAGE_UNKNOWN`, `PACKAGES_UNRESOLVABLE`
 */
export async function fetchRpms(packages: readonly string[], options: PrivateDnfOptions): Promise<readonly string[]> {
  return (await ask(packages, options)).files;
}

/**
 * The public keys, armoured, that packages of these repositories were checked with.
 * @throws IngotError `TOOL_FAILED`, `CANCELLED`
 */
export async function rpmKeys({ setup, cache, signal }: PrivateDnfOptions): Promise<string> {
  const folder = await prepareFolder(setup, cache);
  const query = ['--query', '--all', 'gpg-pubkey*', '--queryformat', '%{DESCRIPTION}\n'];
  const { stdout } = await run('rpm', ['--root', join(folder, 'root'), '--dbpath', '/keys', ...query], { signal });
  return stdout;
}

/** dnf of the host works on folders of its own: nothing of the host's configuration or state is read or written. */
async function ask(packages: readonly string[], options: PrivateDnfOptions) {
  const { setup, cache, isOffline, env, emit, signal } = options;
  await requireTools(['dnf'], 'roots of RPM distributions', env.PATH ?? '');
  const folder = await prepareFolder(setup, cache);
  const wish = {
    repositories: [join(folder, 'repositories')],
    cache,
    scratch: join(folder, 'root'),
    release: setup.release,
    architecture: setup.architecture,
    platform: setup.platform ?? null,
    packages,
    isOffline,
  };
  const { stdout, tail } = await runForStatus(SYSTEM_PYTHON, ['-s', FETCH_RPMS], {
    env: { ...proxiesOf(env), PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LC_ALL: 'C.UTF-8' },
    input: JSON.stringify(wish),
    onLine: (line, stream) => {
      const word = stream === 'stdout' ? wordOf(line) : undefined;
      if (word !== undefined && 'done' in word)
        emit({ kind: 'fetch-progress', subject: 'packages', doneBytes: word.done, totalBytes: word.total });
    },
    signal,
  });
  const words = stdout.split('\n').flatMap((line) => wordOf(line) ?? []);
  const last = words.at(-1);
  if (last !== undefined && 'states' in last) return last;
  if (last !== undefined && 'fault' in last) throw dnfError(last);
  throw new IngotError('TOOL_FAILED', 'The modules of dnf could not be used', {
    tail,
    hint: `They belong to ${SYSTEM_PYTHON}; Debian's package is python3-dnf.`,
  });
}

function wordOf(line: string): Word | undefined {
  return line.startsWith('{') ? JSON.parse(line) : undefined;
}

/** Keys that were taken once stay in the folder, so that builds without a network can check signatures. */
async function prepareFolder(setup: RpmSetup, cache: string): Promise<string> {
  const name = createHash('sha256').update(JSON.stringify(setup)).digest('hex').slice(0, 16);
  const folder = join(cache, 'ingot', name);
  await mkdir(join(folder, 'repositories'), { recursive: true });
  await mkdir(join(folder, 'root'), { recursive: true });
  for (const [file, text] of Object.entries(setup.repositories))
    await writeFile(join(folder, 'repositories', file), text);
  await writeFile(join(folder, '.rpmmacros'), '%_dbpath /keys\n');
  return folder;
}

function proxiesOf(env: Environment): Environment {
  const names = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
