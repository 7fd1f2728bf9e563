import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { castImage, leaseJournal } from '../build/front.ts';
import { explainFullDisk } from '../build/full-disk.ts';
import { isSetComplete, publishSet } from '../formats/target-set.ts';
import { publicUrl } from '../host/fetch-fault.ts';
import { reclaimAbandoned, takeLease } from '../host/lease.ts';
import { ownPrivilege } from '../host/namespaces.ts';
import { hashPassword } from '../host/password-hash.ts';
import { fromErrorReport } from '../model/error.ts';
import type { BuildEvent } from '../model/events.ts';
import type { BuildRequest } from '../model/request.ts';
import type { WrittenTargetImage } from '../model/target-image.ts';
import { targetBuildOf } from '../spec/fuel-build.ts';
import type { FuelRepository, FuelRequest } from '../spec/fuel-request.ts';
import { formatTargetMetadata, type MetadataRepository } from '../yaml/target-metadata.ts';
import type { Caller } from './caller.ts';
import { keyringsOf } from './fuel-keys.ts';
import { inWordsOfTheRequest } from './fuel-words.ts';
import { checkFolders, makeFolder } from './required-folders.ts';
import { checkTools } from './required-tools.ts';
import { checkTargetSpace } from './target-space.ts';

export interface TargetBuildOptions {
  readonly onEvent: (event: BuildEvent) => void;
  /** Aborting it stops the build. */
  readonly signal: AbortSignal;
}

/** Root's password where a request has none, as it always was. */
export const WELL_KNOWN_PASSWORD = 'r00tme';

/** Where a machine keeps the keys of repositories, unless `FUEL_IMAGE_KEYS` names another folder. */
const KEYS_FOLDER = '/etc/ingot/fuel-image/keys';

/**
 * Builds the target images of a request and publishes them with their metadata, unless a complete set is there.
 * @returns `found` where the set was there: nothing was written then
 * @throws IngotError of whatever failed first; nothing is published then, and nothing left behind
 */
export async function buildTargetImages(
  caller: Caller,
  request: FuelRequest,
  { onEvent, signal }: TargetBuildOptions,
): Promise<'found' | 'built'> {
  const { output, metadataName, images } = request;
  const set = { folder: output, metadataName, images };
  const { environment } = caller;
  // What a build left that was killed behind its work goes too where there is nothing to do.
  await reclaimAbandoned(leaseJournal({ environment, imageCache: imageCacheOf(caller) }), ownPrivilege());
  if (await isSetComplete(set, signal)) return 'found';
  const build = await planBuild(caller, request);
  await checkTools({ ...build, targetImages: { folder: output, images } });
  await checkFolders(build);
  await makeFolder(output, 'The folder that "output" names', 'Choose another one.');
  await checkTargetSpace({ ...build, output }, images, request.packages.length);
  await withStaging(build, output, async (staging) => {
    // What hooks write beside an image goes with the folder.
    const own = { ...build, workingFolder: staging, targetImages: { folder: staging, images } };
    const made = await cast(own, request, { onEvent, signal });
    await publishSet(set, staging, metadataOf(request, made)).catch(async (error: unknown) => {
      throw await explainFullDisk(error, [output]);
    });
  });
  return 'built';
}

async function planBuild(caller: Caller, request: FuelRequest): Promise<BuildRequest> {
  const { environment } = caller;
  const imageCache = imageCacheOf(caller);
  const folder = path.resolve(environment.FUEL_IMAGE_KEYS ?? KEYS_FOLDER);
  const { kind, text } = request.rootPassword ?? { kind: 'plain', text: WELL_KNOWN_PASSWORD };
  return targetBuildOf(request, {
    imageCache,
    temporaryFolder: path.resolve(environment.TMPDIR ?? '/tmp'),
    environment,
    keyrings: await keyringsOf(request.repositories, { folder, imageCache }),
    rootPasswordHash: kind === 'hash' ? text : await hashPassword(text),
  });
}

function imageCacheOf({ environment, homeFolder }: Caller): string {
  return path.resolve(environment.DIB_IMAGE_CACHE ?? path.join(homeFolder, '.cache/image-create'));
}

/** Runs an act with a folder beside the images, which goes when the act ends; after a SIGKILL the next build removes it. */
async function withStaging(
  build: BuildRequest,
  output: string,
  act: (staging: string) => Promise<void>,
): Promise<void> {
  const id = `fuel-image-${randomBytes(4).toString('hex')}`;
  const staging = path.join(output, `.${id}`);
  const lease = await takeLease(leaseJournal(build), id, [staging], ownPrivilege());
  try {
    await mkdir(staging);
    await act(staging);
  } finally {
    await lease.release();
  }
}

async function cast(
  build: BuildRequest,
  { repositories }: FuelRequest,
  { onEvent, signal }: TargetBuildOptions,
): Promise<readonly WrittenTargetImage[]> {
  const written: WrittenTargetImage[] = [];
  const result = await castImage(build, {
    signal,
    onEvent: (event) => {
      if (event.kind === 'target-image-written') written.push(event.image);
      onEvent(event);
    },
  });
  if (result.outcome === 'succeeded') return written;
  throw inWordsOfTheRequest(fromErrorReport(result.error), repositories);
}

function metadataOf({ repositories, packages }: FuelRequest, images: readonly WrittenTargetImage[]): string {
  return formatTargetMetadata({ images, packages, repositories: repositories.map(described) });
}

/** Everybody can read the metadata, so credentials of an address stay out of it. */
function described({ name, uri, suite, components, priority }: FuelRepository): MetadataRepository {
  return { name, type: 'deb', uri: publicUrl(uri), suite, section: components.join(' '), priority: priority ?? null };
}
