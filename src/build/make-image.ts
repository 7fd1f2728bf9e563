import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { assembleDisks, diskFile } from '../disk/assemble-disk.ts';
import { factsOf } from '../formats/registry.ts';
import { writeArtifacts } from '../formats/write-artifacts.ts';
import { usedCpuMs } from '../host/cpu-time.ts';
import { ArtifactStore, evictArtifacts } from '../layers/artifact-store.ts';
import { type LayerKey, layerKey } from '../layers/key.ts';
import { bytes, KIB } from '../model/bytes.ts';
import { IngotError, toErrorReport } from '../model/error.ts';
import type { StepSummary } from '../model/events.ts';
import type { BuildContext } from './build-context.ts';
import { readImageSize } from './image-size-record.ts';

/** Bytes of finished images that are kept for builds that ask for the same once more. */
const KEPT_IMAGES_BYTES = 8 * 1024 ** 3;

export const IMAGE_STEPS: readonly StepSummary[] = [
  { id: 'disk', title: 'filesystems, partitions, boot loader' },
  { id: 'image files', title: 'image files' },
];

/**
 * Puts the finished tree on a disk and writes the image files, or hands out again the files that the same tree gave before.
 * @throws IngotError of what cannot be made or written
 */
export async function makeImage(context: BuildContext): Promise<void> {
  const { request, tree, emit, repositories, task } = context;
  const folder = join(task.folders.cache, 'images');
  const images = new ArtifactStore(folder);
  const key = await imageKey(context);
  const kept = await images.find(key);
  const missing = request.formats.filter((format) => kept[format] === undefined);
  await tree.open();
  try {
    const rawDisk = diskFile(task.folders.image, 'image0');
    const needsDisk = missing.some((format) => factsOf(format).source === 'disk');
    await timed(context, 'disk', needsDisk, async () => await makeDisks(context));
    await timed(context, 'image files', missing.length > 0, async () => {
      const signal = new AbortController().signal;
      const artifacts = await writeArtifacts({
        request,
        rawDisk,
        tree: tree.root,
        scratch: task.folders.image,
        identity: key,
        epoch: repositories.epoch,
        kept,
        emit,
        signal,
      });
      await images.keep(key, artifacts);
    });
    await rm(rawDisk, { force: true });
  } finally {
    await tree.close();
  }
  await evictArtifacts(folder, KEPT_IMAGES_BYTES);
}

/**
 * Says whether the image files of the tree are kept, without making any.
 * @param isTreeKnown false when a step would have to run before there is a tree
 */
export async function lookUpImage(context: BuildContext, isTreeKnown: boolean): Promise<void> {
  const images = new ArtifactStore(join(context.task.folders.cache, 'images'));
  const kept = isTreeKnown ? await images.find(await imageKey(context)) : {};
  const outcome = context.request.formats.every((format) => kept[format] !== undefined) ? 'hit' : 'ran';
  const missReason = outcome === 'hit' ? undefined : isTreeKnown ? 'not built before' : 'follows a step that runs';
  for (const { id } of IMAGE_STEPS) context.emit({ kind: 'step-finished', step: id, outcome, ms: 0, missReason });
}

/** Everything beside the tree that the image files depend on. */
async function imageKey({ tree, request, layout, identity, repositories }: BuildContext): Promise<LayerKey> {
  const { arch, qcow2, compression, size, filesystem, aciManifest, dockerTarget } = request;
  const manifest = aciManifest === undefined ? undefined : await readFile(aciManifest, 'utf8');
  const holdsName = request.formats.some((format) => factsOf(format).holdsItsName);
  return layerKey(tree.identity, {
    identity,
    layout: JSON.stringify(layout.layout),
    epoch: String(repositories.epoch),
    name: holdsName ? basename(request.outputName) : '',
    wish: JSON.stringify({
      ...{ arch, qcow2, size, filesystem, manifest, dockerTarget },
      compression: { ...compression, threads: undefined },
      gzip: request.environment.DIB_GZIP_BIN,
    }),
  });
}

async function makeDisks(context: BuildContext): Promise<void> {
  const { layout, tree, repositories, identity } = context;
  const imageSizeKib = await readImageSize(context.task.folders.build);
  if (imageSizeKib === undefined)
    throw new IngotError('INTERNAL', 'The size of the image was not settled before the disk');
  await assembleDisks({
    layout: layout.layout,
    tree: tree.root,
    folder: context.task.folders.image,
    size: bytes(imageSizeKib * KIB),
    identity,
    epoch: repositories.epoch,
  });
}

/** Runs an act as a step of the build, for whoever watches. */
async function timed(context: BuildContext, step: string, isNeeded: boolean, act: () => Promise<void>): Promise<void> {
  const startedAt = Date.now();
  const cpuAtStart = usedCpuMs();
  if (isNeeded) context.emit({ kind: 'step-started', step });
  try {
    if (isNeeded || step === 'image files') await act();
  } catch (error) {
    context.emit({ kind: 'step-failed', step, ms: Date.now() - startedAt, error: toErrorReport(error) });
    throw error;
  }
  const cpuMs = usedCpuMs() - cpuAtStart;
  context.emit({ kind: 'step-finished', step, outcome: isNeeded ? 'ran' : 'hit', ms: Date.now() - startedAt, cpuMs });
}
