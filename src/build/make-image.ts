import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { assembleDisks, type DiskAssembly } from '../disk/assemble-disk.ts';
import { factsOf } from '../formats/registry.ts';
import { writeArtifacts } from '../formats/write-artifacts.ts';
import { usedCpuMs } from '../host/cpu-time.ts';
import { ArtifactStore, evictArtifacts, type KeptImages } from '../layers/artifact-store.ts';
import { type LayerKey, layerKey } from '../layers/key.ts';
import type { Artifact, ImageFormat } from '../model/artifact.ts';
import { bytes, KIB } from '../model/bytes.ts';
import { IngotError, toErrorReport } from '../model/error.ts';
import type { StepSummary } from '../model/events.ts';
import type { BuildContext } from './build-context.ts';
import { type DiskImages, diskImages } from './disk-images.ts';
import { readImageSize } from './image-size-record.ts';

/** Bytes of finished images that are kept for builds that ask for the same once more. */
const KEPT_IMAGES_BYTES = 8 * 1024 ** 3;

export const DISK_STEP = { id: 'disk', title: 'filesystems, partitions, boot loader' } as const satisfies StepSummary;
export const FILES_STEP = { id: 'image files', title: 'image files' } as const satisfies StepSummary;

/**
 * Puts the finished tree on a disk and writes the image files, or hands out again the files that the same tree gave before.
 * @throws IngotError of what cannot be made or written
 */
export async function makeImage(context: BuildContext): Promise<void> {
  const { request, tree, layout, task, emit } = context;
  const folder = join(task.folders.cache, 'images');
  const images = new ArtifactStore(folder);
  const build = await imageKey(context);
  const wanted = await Promise.all(
    diskImages(request, layout.layout, task.folders.image).map(async (one) => {
      const kept = await images.find(one.key(build));
      return { ...one, kept, missing: one.request.formats.filter((format) => kept[format] === undefined) };
    }),
  );
  const missing = wanted.flatMap((one) => one.missing);
  await tree.open();
  try {
    const write = async () => {
      for (const one of wanted) await images.keep(one.key(build), await writeImages(context, one, build));
    };
    if (missing.some((format) => factsOf(format).source === 'disk'))
      await asStep(context, DISK_STEP, async () => await assembleDisks(await diskAssembly(context)));
    else emit({ kind: 'step-finished', step: DISK_STEP.id, outcome: 'hit', ms: 0 });
    if (missing.length > 0) {
      await asStep(context, FILES_STEP, write);
    } else {
      const startedAt = Date.now();
      await write();
      emit({ kind: 'step-finished', step: FILES_STEP.id, outcome: 'hit', ms: Date.now() - startedAt });
    }
    for (const { rawDisk } of wanted) await rm(rawDisk, { force: true });
  } finally {
    await tree.close();
  }
  if (missing.length > 0) await evictArtifacts(folder, KEPT_IMAGES_BYTES);
}

async function writeImages(
  { tree, task, repositories, emit }: BuildContext,
  { request, rawDisk, kept, key }: DiskImages & { readonly kept: KeptImages },
  build: LayerKey,
): Promise<readonly Artifact[]> {
  return await writeArtifacts({
    ...{ request, rawDisk, kept, emit },
    tree: tree.root,
    scratch: task.folders.image,
    identity: key(build),
    epoch: repositories.epoch,
    signal: new AbortController().signal,
  });
}

/**
 * Says whether the image files of the tree are kept, without making any.
 * @param isTreeKnown false when a step would have to run before there is a tree
 */
export async function lookUpImage(context: BuildContext, isTreeKnown: boolean): Promise<void> {
  const { request, layout, task } = context;
  const images = new ArtifactStore(join(task.folders.cache, 'images'));
  const build = isTreeKnown ? await imageKey(context) : undefined;
  const whole = await Promise.all(
    diskImages(request, layout.layout, task.folders.image).map(async (one) => {
      const kept = build === undefined ? {} : await images.find(one.key(build));
      return one.request.formats.every((format) => kept[format] !== undefined);
    }),
  );
  const outcome = whole.every((isWhole) => isWhole) ? 'hit' : 'ran';
  const missReason = outcome === 'hit' ? undefined : isTreeKnown ? 'not built before' : 'follows a step that runs';
  for (const { id } of [DISK_STEP, FILES_STEP])
    context.emit({ kind: 'step-finished', step: id, outcome, ms: 0, missReason });
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

/** What the disks are made of. The build tree must be open. */
export async function diskAssembly(context: BuildContext): Promise<DiskAssembly> {
  const { layout, tree, repositories, identity } = context;
  const imageSizeKib = await readImageSize(context.task.folders.build);
  if (imageSizeKib === undefined)
    throw new IngotError('INTERNAL', 'The size of the image was not settled before the disk');
  return {
    layout: layout.layout,
    tree: tree.root,
    folder: context.task.folders.image,
    size: bytes(imageSizeKib * KIB),
    identity,
    epoch: repositories.epoch,
  };
}

/** Writes the image files of some formats from the open tree and the disk, and keeps none of them for other builds. */
export async function writeImageFiles(context: BuildContext, formats: readonly ImageFormat[]): Promise<void> {
  const { request, layout, task } = context;
  const build = await imageKey(context);
  const [first, ...others] = diskImages(request, layout.layout, task.folders.image);
  // A disk that hooks have made themselves stands for all of the layout.
  for (const one of [first, ...others.filter(({ rawDisk }) => existsSync(rawDisk))]) {
    const asked = one.request.formats.filter((format) => formats.includes(format));
    const kept = {};
    if (asked.length > 0)
      await writeImages(context, { ...one, kept, request: { ...one.request, formats: asked } }, build);
  }
}

/** Runs an act as a step of the build, for whoever watches. */
export async function asStep<Result>(
  { emit }: BuildContext,
  { id }: StepSummary,
  act: () => Promise<Result>,
): Promise<Result> {
  const startedAt = Date.now();
  const cpuAtStart = usedCpuMs();
  emit({ kind: 'step-started', step: id });
  try {
    const result = await act();
    const cpuMs = usedCpuMs() - cpuAtStart;
    emit({ kind: 'step-finished', step: id, outcome: 'ran', ms: Date.now() - startedAt, cpuMs });
    return result;
  } catch (error) {
    emit({ kind: 'step-failed', step: id, ms: Date.now() - startedAt, error: toErrorReport(error) });
    throw error;
  }
}
