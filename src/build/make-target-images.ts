import { mkdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleDisks, diskFile } from '../disk/assemble-disk.ts';
import { mountedFilesystems } from '../disk/fstab.ts';
import { measureTree } from '../disk/measure-tree.ts';
import { smallestFilesystem } from '../disk/smallest-filesystem.ts';
import { treeContents } from '../disk/tree-contents.ts';
import { evictArtifacts } from '../layers/artifact-store.ts';
import { type LayerKey, layerKey } from '../layers/key.ts';
import { type KeptTarget, TargetStore } from '../layers/target-store.ts';
import { bytes } from '../model/bytes.ts';
import type { DiskLayout, DiskNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import type { StepSummary } from '../model/events.ts';
import { isTargetFilesystem, type TargetImage } from '../model/target-image.ts';
import type { BuildContext } from './build-context.ts';
import { asStep } from './make-image.ts';
import { packTargetImage } from './pack-target-image.ts';

/** Bytes of target images that are kept for environments that ask for the same. */
const KEPT_TARGETS_BYTES = 8 * 1024 ** 3;

export const TARGET_STEP = { id: 'target images', title: 'target images' } as const satisfies StepSummary;

/** A target image of a build, and the disk of the layout that stands for it. */
interface Target {
  readonly image: TargetImage;
  readonly disk: DiskNode;
  readonly key: LayerKey;
  readonly kept: KeptTarget | undefined;
}

/**
 * Writes the filesystems of the finished tree as files of their own, or hands out again the files that the same tree gave before. Each is as
 * small as its content allows.
 * @throws IngotError of what cannot be made or written
 */
export async function makeTargetImages(context: BuildContext): Promise<void> {
  const folder = join(context.task.folders.cache, 'target-images');
  const store = new TargetStore(folder);
  await asStep(context, TARGET_STEP, async () => {
    const targets = await targetsOf(context, store);
    if (targets.some(({ kept }) => kept === undefined)) await assemble(context);
    for (const target of targets) await deliver(context, target, store);
  });
  await evictArtifacts(folder, KEPT_TARGETS_BYTES);
}

async function targetsOf(context: BuildContext, store: TargetStore): Promise<readonly Target[]> {
  const { tree, layout, identity, repositories, request } = context;
  const images = request.targetImages?.images ?? [];
  return await Promise.all(
    images.map(async (image) => {
      const disk = layout.layout.disks.find(
        ({ content }) => content.kind === 'filesystem' && content.mount?.point === image.mountPoint,
      );
      if (disk === undefined) throw new IngotError('INTERNAL', `The layout has no disk for ${image.mountPoint}`);
      const key = layerKey(tree.identity, {
        identity,
        epoch: String(repositories.epoch),
        layout: JSON.stringify(layout.layout),
        image: `${image.mountPoint} ${image.container}`,
      });
      return { image, disk, key, kept: await store.find(key) };
    }),
  );
}

/** Makes each filesystem in a file of its own. */
async function assemble({ tree, layout, task, identity, repositories }: BuildContext): Promise<void> {
  await tree.open();
  try {
    for (const { mount } of mountedFilesystems(layout.layout))
      mkdirSync(`${tree.root}${mount.point}`, { recursive: true });
    await assembleDisks({
      layout: fitted(layout.layout, tree.root),
      tree: tree.root,
      folder: task.folders.image,
      size: bytes(0),
      identity,
      epoch: repositories.epoch,
    });
  } finally {
    await tree.close();
  }
}

/** The layout with each disk as large as its filesystem has to be. */
function fitted(layout: DiskLayout, tree: string): DiskLayout {
  const [first, ...others] = layout.disks;
  const fitOne = (disk: DiskNode): DiskNode => {
    const { content } = disk;
    if (content.kind !== 'filesystem' || !isTargetFilesystem(content.type)) return disk;
    const { folder = tree, hidden } = treeContents(layout, content, tree);
    const { size, options } = smallestFilesystem(content.type, measureTree(folder, hidden));
    return { ...disk, size, content: { ...content, options } };
  };
  return { ...layout, disks: [fitOne(first), ...others.map(fitOne)] };
}

/** Puts the file of an image into its place. */
async function deliver(context: BuildContext, target: Target, store: TargetStore): Promise<void> {
  const { request, task, emit } = context;
  const { image, disk, key, kept } = target;
  const path = join(request.targetImages?.folder ?? '', image.name);
  if (kept !== undefined) {
    await copyFile(kept.path, path);
    emit({ kind: 'target-image-written', image: { ...image, raw: kept.raw, file: kept.file } });
    return;
  }
  const facts = await packTargetImage(diskFile(task.folders.image, disk.name), image.container, path);
  await store.keep(key, path, facts);
  emit({ kind: 'target-image-written', image: { ...image, ...facts } });
}
