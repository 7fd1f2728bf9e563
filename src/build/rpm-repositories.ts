import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rpmState } from '../packages/private-dnf.ts';
import { openRpmCache, type RpmCache, type RpmCacheOptions } from '../packages/rpm-cache.ts';
import { answerBootstrapRpm } from '../packages/rpm-requests.ts';
import { rpmSetupOf } from '../packages/rpm-setup.ts';
import type { RepositoriesOptions } from './repositories-options.ts';
import type { RequestHandler } from './request-channel.ts';

/** The repositories that dnf or zypper serve: their state, and what hooks get of them. */
export interface RpmRepositories extends AsyncDisposable {
  /** Digest of their indices; empty where the elements name no repositories that ingot knows. */
  readonly identity: string;
  /** When the repositories last changed, in seconds since the Unix epoch; undefined where there are none. */
  readonly changedAt: number | undefined;
  readonly handlers: Readonly<Record<string, RequestHandler>>;
  /** Absolute path of a cache of this build, which is made when somebody asks for it first. */
  readonly cacheOf: (program: 'yum' | 'zypper') => Promise<string>;
}

/**
 * Asks the repositories for their state, by their indices alone.
 * @throws IngotError as `rpmSetupOf` and `rpmState` do
 */
export async function openRpmRepositories(options: RepositoriesOptions): Promise<RpmRepositories> {
  const { request, env, hooks, folder, emit } = options;
  const { imageCache, isOffline } = request;
  await using opened = new AsyncDisposableStack();
  const caches = new Map<string, Promise<RpmCache>>();
  const cacheOf = async (program: string) => {
    const places = { kept: join(imageCache, program), own: join(folder, program) };
    const cache = caches.get(program) ?? openCache({ ...places, isOffline });
    caches.set(program, cache);
    return (await cache).folder;
  };
  opened.defer(async () => {
    for (const cache of caches.values()) await (await cache)[Symbol.asyncDispose]();
  });
  const cache = async () => await cacheOf('yum');
  const setup = await rpmSetupOf(env, hooks);
  const state = setup === undefined ? undefined : await rpmState({ setup, cache: await cache(), isOffline, env, emit });
  const owned = opened.move();
  return {
    identity: state?.digest ?? '',
    changedAt: state?.epoch,
    handlers: { 'bootstrap-rpm': async (call) => await answerBootstrapRpm(call, { isOffline, cache, emit }) },
    cacheOf,
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

/** Opens a cache and tells the programs of the chroot whether they may fetch. */
async function openCache(options: RpmCacheOptions): Promise<RpmCache> {
  const cache = await openRpmCache(options);
  const mark = join(cache.folder, 'ingot/offline');
  await mkdir(dirname(mark), { recursive: true });
  if (options.isOffline) await writeFile(mark, '');
  else await rm(mark, { force: true });
  return cache;
}
