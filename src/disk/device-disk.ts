import { attachLoop } from '../host/loop-device.ts';
import { mountBind, unmount, unmountTree } from '../host/mounts.ts';
import { showPartitions } from '../host/partition-nodes.ts';
import { run } from '../host/process.ts';
import type { FilesystemNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import { assembleDisks, type DiskAssembly, diskFile, remakeFilesystems, writeBootLoader } from './assemble-disk.ts';
import { type MountedFilesystem, mountedFilesystems } from './fstab.ts';
import { readGrubImages } from './grub-bios.ts';
import { placeLayout } from './place-layout.ts';
import { volumeSpans } from './place-volumes.ts';
import type { TargetDevices } from './target-facts.ts';

/** The disks of an image as block devices, with their filesystems mounted. Disposing it lets go of everything, whatever state it is in. */
export interface DeviceDisk extends AsyncDisposable {
  readonly devices: TargetDevices;
  /** Unmounts and detaches, with everything written to the files of the disks. */
  readonly finish: () => Promise<void>;
}

/**
 * Assembles the disks, attaches them and mounts their filesystems over the tree that they were made from, so that the tree's path shows the
 * final filesystems. One that the kernel cannot mount for writing shows the tree's own folder, and is made anew from it at the end.
 * @param beneath absolute path of a folder that shows the tree
 * @throws IngotError as `assembleDisks`, `DEVICE_NEEDED`, and `TOOL_FAILED` with the words of mount
 */
export async function openDeviceDisk(assembly: DiskAssembly, beneath: string): Promise<DeviceDisk> {
  await using opened = new AsyncDisposableStack();
  const { layout, tree } = assembly;
  const early = readGrubImages(tree);
  await assembleDisks(assembly);
  const { devices, deviceOf } = await attachDisks(assembly, opened);
  opened.defer(async () => await unmountTree(tree));
  const mounted: string[] = [];
  const remade: FilesystemNode[] = [];
  for (const filesystem of mountedFilesystems(layout)) {
    const point = pointIn(tree, filesystem);
    const device = deviceOf.get(filesystem.name);
    if (device !== undefined && (await isMounted(filesystem, device, point))) {
      mounted.push(point);
    } else {
      await mountBind(pointIn(beneath, filesystem), point);
      remade.push(filesystem);
    }
  }
  const owned = opened.move();
  const finish = async () => {
    const late = readGrubImages(tree);
    for (const point of mounted) await run('fstrim', ['--quiet-unsupported', point]);
    for (const filesystem of mountedFilesystems(layout).toReversed()) await unmount(pointIn(tree, filesystem));
    await owned.disposeAsync();
    await remakeFilesystems(assembly, remade);
    // A boot loader that a hook has written to the device itself is left alone.
    const isSame = late !== undefined && early?.boot.equals(late.boot) === true && early.core.equals(late.core);
    if (late !== undefined && !isSame) await writeBootLoader(assembly, late);
  };
  return { devices, finish, [Symbol.asyncDispose]: async () => await owned.disposeAsync() };
}

interface AttachedDisks {
  readonly devices: TargetDevices;
  /** By the names of filesystems. */
  readonly deviceOf: ReadonlyMap<string, string>;
}

/** Attaches disks with their partitions, and logical volumes that lie in one piece: no device-mapper is asked for. */
async function attachDisks(assembly: DiskAssembly, opened: AsyncDisposableStack): Promise<AttachedDisks> {
  const { layout, folder, size, signal } = assembly;
  const { disks, volumeGroups } = placeLayout(layout, size);
  const byName: Record<string, string> = {};
  const deviceOf = new Map<string, string>();
  const note = (name: string, content: { readonly name: string } | undefined, device: string) => {
    byName[name] = device;
    if (content !== undefined) deviceOf.set(content.name, device);
  };
  for (const { node, partitions } of disks) {
    const { name, content, sectorSize } = node;
    const loop = opened.use(await attachLoop(diskFile(folder, name), { sectorSize, signal }));
    const numbers = partitions.map(({ number }) => number);
    const { prefix } = opened.use(await showPartitions(loop.path, numbers));
    note(name, content.kind === 'table' ? undefined : content, loop.path);
    for (const { node: partition, number } of partitions) note(partition.name, partition.content, `${prefix}${number}`);
  }
  for (const group of volumeGroups) {
    for (const volume of group.volumes.filter(({ node }) => node.thin === undefined)) {
      const [span, ...others] = volumeSpans(group, volume);
      if (span === undefined || others.length > 0) continue;
      const sectorSize = disks.find(({ node }) => node.name === span.disk)?.node.sectorSize ?? 512;
      const place = { offset: span.start, size: span.size, sectorSize, signal };
      const loop = opened.use(await attachLoop(diskFile(folder, span.disk), place));
      note(volume.node.name, volume.node.content, loop.path);
    }
  }
  return { devices: { main: byName[layout.disks[0].name] ?? '', byName }, deviceOf };
}

function pointIn(tree: string, { mount }: MountedFilesystem): string {
  return mount.point === '/' ? tree : `${tree}${mount.point}`;
}

/** Filesystems that nothing writes to when they are mounted. */
const READ_ONLY = ['squashfs', 'erofs'];

/** @returns false, with nothing mounted, where the kernel does not know the filesystem or cannot write to it */
async function isMounted({ type }: FilesystemNode, device: string, point: string): Promise<boolean> {
  if (READ_ONLY.includes(type)) return false;
  // Another build of the same plan may have an xfs filesystem with the same UUID mounted.
  const options = type === 'xfs' ? ['-o', 'nouuid'] : [];
  try {
    await run('mount', ['-t', type, ...options, device, point]);
    return true;
  } catch (error) {
    if (error instanceof IngotError && /unknown filesystem type/.test(error.details.tail?.join('\n') ?? ''))
      return false;
    throw error;
  }
}
