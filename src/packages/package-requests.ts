import { parseArgs } from 'node:util';
import { openDownloader } from '../host/download.ts';
import type { RepositoryAccess } from '../model/access.ts';
import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import type { Environment } from '../model/request.ts';
import { type AptSetup, aptSetupOf, requireKeyrings } from './apt-setup.ts';
import { BOOTSTRAP_VARIANTS, bootstrapDebian } from './bootstrap-debian.ts';
import type { IndexIdentity } from './index-identity.ts';
import { installBatches } from './install-batches.ts';
import { storePackages } from './package-store.ts';
import { parsePackageFiles } from './private-apt.ts';
import { pinPreferences } from './release-pins.ts';

/** What a hook asks for. */
export interface PackageCall {
  readonly args: readonly string[];
  readonly input: string;
  /** The hook's whole environment. */
  readonly env: Environment;
}

/** What the hook sees, as if a command had run. */
export interface PackageAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the requests of a build have in common. */
export interface PackageContext {
  readonly imageCache: string;
  readonly isOffline: boolean;
  /** Names, as the distribution has them, of the packages that the build's elements declare and the user added. */
  readonly declaredPackages: () => Promise<readonly string[]>;
  /** Those of them that the package sources of the beginning have to have, because no element adds others. */
  readonly neededPackages?: readonly string[];
  /** Undefined where the environment of hooks and the addresses say all. */
  readonly access?: RepositoryAccess;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal;
}

/** Status that tells install-packages to let apt do it. */
const LEAVE_IT_TO_APT = 3;

/**
 * Answers `bootstrap-debian [--variant minbase|important] [--include A,B]... [--exclude A,B]... TREE`: makes the minimal system that the
 * hook's environment describes in an empty folder.
 * @throws IngotError as `bootstrapDebian` does; `TOOL_MISSING` without a keyring; `USAGE` and `DEFINITION_INVALID` when the request cannot be understood
 */
export async function answerBootstrapDebian(call: PackageCall, context: PackageContext): Promise<PackageAnswer> {
  const { tree, variant, include, exclude } = parseBootstrapArgs(call.args);
  const setup = await aptSetupOf(call.env);
  if (setup === undefined)
    throw new IngotError('DEFINITION_INVALID', 'The elements do not say which system to make', {
      hint: 'DISTRO_NAME (debian or ubuntu), DIB_RELEASE, DIB_DISTRIBUTION_MIRROR and ARCH have to be set.',
    });
  await requireKeyrings(setup);
  const { main, sources, ...trust } = setup;
  await bootstrapDebian({
    ...context,
    ...trust,
    main,
    moreSources: sources.filter((source) => source !== main),
    tree,
    variant,
    include,
    exclude,
    declared: await context.declaredPackages(),
    needed: context.neededPackages,
    ...reached(call, context),
  });
  return { status: 0, stdout: '', stderr: '' };
}

/** Answers `apt-preferences`: prints the priorities that packages of the build's sources have, in the form of apt_preferences(5). */
export function answerAptPreferences(setup: AptSetup | undefined, state: IndexIdentity | undefined): PackageAnswer {
  const stdout = state === undefined ? '' : pinPreferences(setup?.pins, state.texts);
  return { status: 0, stdout, stderr: '' };
}

function reached({ env }: PackageCall, { access }: PackageContext) {
  return { env: { ...env, ...access?.proxies }, credentials: access?.credentials };
}

function parseBootstrapArgs(args: readonly string[]) {
  const options = {
    variant: { type: 'string', default: 'minbase' },
    include: { type: 'string', multiple: true },
    exclude: { type: 'string', multiple: true },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [tree, ...rest] = positionals;
    const variant = BOOTSTRAP_VARIANTS.find((name) => name === values.variant);
    if (tree !== undefined && rest.length === 0 && variant !== undefined)
      return { tree, variant, include: names(values.include), exclude: names(values.exclude) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // parseArgs says so that it cannot understand them
  }
  throw new IngotError('USAGE', `bootstrap-debian does not understand: ${args.join(' ')}`, {
    hint: `usage: bootstrap-debian [--variant ${BOOTSTRAP_VARIANTS.join('|')}] [--include A,B]... [--exclude A,B]... TREE`,
  });
}

function names(lists: readonly string[] | undefined): readonly string[] {
  return (lists ?? []).flatMap((list) => list.split(/[\s,]+/)).filter((name) => name !== '');
}

/**
 * Answers `fetch-packages`: fetches the files that `apt-get --print-uris` named (with SHA-256 digests) and prints their paths below the
 * package store, one on a line, in batches for dpkg with an empty line between two.
 * @throws IngotError `FETCH_FAILED`, `DIGEST_MISMATCH`, `OFFLINE_MISS`, `DISK_FULL`, `CANCELLED`
 */
export async function answerFetchPackages(call: PackageCall, context: PackageContext): Promise<PackageAnswer> {
  const lines = call.input.split('\n').filter((line) => line.startsWith("'"));
  const files = parsePackageFiles(call.input);
  if (files.length !== lines.length)
    return { status: LEAVE_IT_TO_APT, stdout: '', stderr: 'apt names files without their SHA-256 digests' };
  const stored = await storePackages(files, context.imageCache, {
    ...context,
    openDownloader: async () => await openDownloader({ ...reached(call, context), signal: context.signal }),
  });
  const batches = installBatches(stored).map((batch) => batch.map((facts) => `${facts.path}\n`).join(''));
  return { status: 0, stdout: batches.join('\n'), stderr: '' };
}
