import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { declaredPackages } from '../elements/declared-packages.ts';
import type { Credential } from '../model/access.ts';
import type { BuildRequest, Environment } from '../model/request.ts';
import {
  type AptFolders,
  adoptLists,
  type GivenToApt,
  keepAptFolders,
  prepareAptFolders,
} from '../packages/apt-folders.ts';
import { type AptSetup, aptSetupOf, hasKeyrings } from '../packages/apt-setup.ts';
import { type IndexIdentity, indexIdentity } from '../packages/index-identity.ts';
import {
  answerAptPreferences,
  answerBootstrapDebian,
  answerFetchPackages,
  type PackageContext,
} from '../packages/package-requests.ts';
import { packageStoreFolder } from '../packages/package-store.ts';
import type { RepositoriesOptions } from './repositories-options.ts';
import type { RequestHandler } from './request-channel.ts';

/** The repositories that apt serves: their state, and what hooks get of them. */
export interface AptRepositories extends AsyncDisposable {
  /** Digest of the signed release files; empty where the elements name no repositories that ingot knows. */
  readonly identity: string;
  /** When the repositories last changed, in seconds since the Unix epoch; undefined where there are none. */
  readonly changedAt: number | undefined;
  readonly handlers: Readonly<Record<string, RequestHandler>>;
  /** Folder of verified packages, to be shown in the chroot. */
  readonly store: string;
  /**
   * apt's folders for the chroot, filled when the first step needs them; undefined where ingot does not know the repositories or their keys,
   * so that apt in the tree has to see to its lists itself.
   * @param treeLists absolute path of the lists that the tree has
   */
  readonly aptFolders: (treeLists: string) => Promise<AptFolders | undefined>;
}

/**
 * Asks the repositories for their state, by their release files alone.
 * @throws IngotError `FETCH_FAILED`, `OFFLINE_MISS`, `DEFINITION_INVALID`
 */
export async function openAptRepositories(options: RepositoriesOptions): Promise<AptRepositories> {
  const { request, env, elements, emit } = options;
  const { imageCache, isOffline, access } = request;
  const reached = { env: { ...env, ...access?.proxies }, credentials: access?.credentials };
  const setup = await aptSetupOf(env);
  const state =
    setup === undefined
      ? undefined
      : await indexIdentity({ ...reached, sources: setup.sources, imageCache, isOffline });
  const declared = async () => [...(await declaredPackages(elements, env)), ...request.packages];
  const needed = request.targetImages === undefined ? [] : request.packages;
  const kept = { imageCache, isOffline, access, emit };
  const context: PackageContext = { ...kept, declaredPackages: declared, neededPackages: needed };
  const folders = await makeFolders(options.folder);
  const store = packageStoreFolder(imageCache);
  await mkdir(store, { recursive: true });
  let filled: Promise<GivenToApt | undefined> | undefined;
  return {
    identity: state?.digest ?? '',
    changedAt: state?.epoch,
    handlers: {
      'bootstrap-debian': async (call) => await answerBootstrapDebian(call, context),
      'fetch-packages': async (call) => await answerFetchPackages(call, context),
      'apt-preferences': async () => answerAptPreferences(setup, state),
    },
    store,
    aptFolders: async (treeLists) => {
      filled ??= fill({ ...reached, setup, state, folders, treeLists, request });
      return (await filled) === undefined ? undefined : folders;
    },
    [Symbol.asyncDispose]: async () => {
      const given = await filled?.catch(() => undefined); // whoever needed the folders has seen the failure
      if (given === undefined || setup === undefined || state === undefined) return;
      await keepAptFolders({ ...reached, setup, identity: state, imageCache, folders }, given);
    },
  };
}

async function makeFolders(folder: string): Promise<AptFolders> {
  const folders = { lists: join(folder, 'lists'), cache: join(folder, 'cache') };
  await mkdir(folders.lists, { recursive: true });
  await mkdir(folders.cache, { recursive: true });
  return folders;
}

interface Filling {
  readonly setup: AptSetup | undefined;
  readonly state: IndexIdentity | undefined;
  readonly folders: AptFolders;
  readonly treeLists: string;
  readonly request: BuildRequest;
  readonly env: Environment;
  readonly credentials: readonly Credential[] | undefined;
}

/** @returns undefined when there is nothing to fill the folders with */
async function fill({
  setup,
  state,
  folders,
  treeLists,
  request,
  env,
  credentials,
}: Filling): Promise<GivenToApt | undefined> {
  if (setup === undefined || state === undefined || !(await hasKeyrings(setup))) return undefined;
  const { imageCache, isOffline } = request;
  const given = await prepareAptFolders({ setup, imageCache, folders, identity: state, isOffline, env, credentials });
  await adoptLists(treeLists, folders);
  return given;
}
