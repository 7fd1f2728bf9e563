import type { DiskLayout, FilesystemNode, PartitionNode } from '../model/disk.ts';
import { mountedFilesystems } from './fstab.ts';
import { partitionGuid } from './gpt-table.ts';
import { type DiskIdentity, fatSerial, filesystemUuid, serialFrom } from './identity.ts';
import { gptTypeGuid } from './partition-types.ts';
import { numberPartitions } from './place-partitions.ts';

/** Paths that stand for the disk of the image and its partitions. Nothing exists there, neither in the tree nor on the machine. */
export interface TargetDevices {
  /** The whole disk, `IMAGE_BLOCK_DEVICE`. */
  readonly main: string;
  /** `IMAGE_BLOCK_DEVICES`: by the names of the layout. */
  readonly byName: Readonly<Record<string, string>>;
}

const DISK = '/dev/ingot0';
const PARTITION_PREFIX = '/dev/mapper/ingot0p';

/** GRUB's names of filesystems, where they are not `ext2`. */
const GRUB_FILESYSTEMS: Readonly<Record<string, string>> = { vfat: 'fat', xfs: 'xfs' };

/** The paths that hooks get for a disk that does not exist yet; named so that nobody can write to a disk of the machine by mistake. */
export function targetDevices(layout: DiskLayout): TargetDevices {
  const partitions = partitionsOf(layout).map(({ node, number }) => [node.name, `${PARTITION_PREFIX}${number}`]);
  return { main: DISK, byName: Object.fromEntries([['image0', DISK], ...partitions]) };
}

/**
 * What programs inside the tree may ask about the disk that the tree will be on, as `KEY=VALUE` lines: first the disk, then each mounted
 * filesystem from its `mount` on. The stand-ins for GRUB's programs read it.
 */
export function targetFacts(layout: DiskLayout, identity: DiskIdentity): string {
  const { content } = layout;
  const partmap = content.kind === 'table' ? { gpt: 'gpt', mbr: 'msdos' }[content.label] : '';
  const disk = { disk: DISK, partmap };
  const filesystems = mountedFilesystems(layout).map((filesystem) => {
    const partition = partitionsOf(layout).find(({ node }) => node.content?.name === filesystem.name);
    return {
      mount: filesystem.mount.point,
      device: partition === undefined ? DISK : `${PARTITION_PREFIX}${partition.number}`,
      grub: partition === undefined ? 'hd0' : `hd0,${partmap}${partition.number}`,
      fs: GRUB_FILESYSTEMS[filesystem.type] ?? 'ext2',
      fs_uuid: shownUuid(identity, filesystem),
      fs_label: filesystem.label,
      partuuid: partition === undefined ? '' : partitionUuid(identity, layout, partition),
      parttype: partition === undefined ? '' : (gptTypeGuid(partition.node.type) ?? partition.node.type),
    };
  });
  return [disk, ...filesystems].map(lines).join('');
}

interface NumberedPartition {
  readonly node: PartitionNode;
  readonly number: number;
}

function partitionsOf({ content }: DiskLayout): readonly NumberedPartition[] {
  if (content.kind === 'filesystem') return [];
  return numberPartitions(content);
}

/** FAT has no UUID; tools show its serial number in its place. */
function shownUuid(identity: DiskIdentity, node: FilesystemNode): string {
  if (node.type !== 'vfat') return filesystemUuid(identity, node);
  const serial = fatSerial(identity, node).toUpperCase();
  return `${serial.slice(0, 4)}-${serial.slice(4)}`;
}

function partitionUuid(identity: DiskIdentity, layout: DiskLayout, { node, number }: NumberedPartition): string {
  if (layout.content.kind === 'table' && layout.content.label === 'gpt') return partitionGuid(identity, node.name);
  const disk = serialFrom(identity, 'disk').toString(16).padStart(8, '0');
  return `${disk}-${number.toString(16).padStart(2, '0')}`;
}

function lines(facts: Readonly<Record<string, string>>): string {
  return Object.entries(facts)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
