import type { DiskLayout, DiskNode, FilesystemNode, VolumeGroupNode } from '../model/disk.ts';
import { FILESYSTEM_TYPES, isFilesystemType } from './filesystem-types.ts';
import { mountedFilesystems } from './fstab.ts';
import { partitionGuid } from './gpt-table.ts';
import { type DiskIdentity, fatSerial, filesystemUuid, identityOfDisk, serialFrom } from './identity.ts';
import { logicalVolumeUuid, volumeGroupUuid } from './lvm-text.ts';
import { gptTypeGuid } from './partition-types.ts';
import { numberPartitions } from './place-partitions.ts';

/** Paths that stand for the disks of the image and what is on them. Nothing exists there, neither in the tree nor on the machine. */
export interface TargetDevices {
  /** The whole disk that boots, `IMAGE_BLOCK_DEVICE`. */
  readonly main: string;
  /** `IMAGE_BLOCK_DEVICES`: by the names of the layout. */
  readonly byName: Readonly<Record<string, string>>;
}

/** The paths that hooks get for disks that do not exist yet; named so that nobody can write to a disk of the machine by mistake. */
export function targetDevices(layout: DiskLayout): TargetDevices {
  const devices = devicesOf(layout);
  return {
    main: diskPath(0),
    byName: Object.fromEntries(devices.map(({ name, device }) => [name, device])),
  };
}

/**
 * What programs inside the tree may ask about the disk that the tree will be on, as `KEY=VALUE` lines: first the disk, then each mounted
 * filesystem from its `mount` on. The stand-ins for GRUB's programs read it.
 * @param devices what hooks know the disk by
 */
export function targetFacts(
  layout: DiskLayout,
  identity: DiskIdentity,
  { main, byName }: TargetDevices = targetDevices(layout),
): string {
  const [first] = layout.disks;
  const disk = { disk: main, partmap: partmapOf(first) };
  const devices = devicesOf(layout, identity);
  const filesystems = mountedFilesystems(layout).map((filesystem) => {
    const device = devices.find(({ content }) => content === filesystem.name);
    return {
      mount: filesystem.mount.point,
      device: byName[device?.name ?? ''] ?? '',
      grub: device?.grub ?? '',
      abstraction: device?.abstraction ?? '',
      fs: isFilesystemType(filesystem.type) ? FILESYSTEM_TYPES[filesystem.type].grub : '',
      fs_uuid: shownUuid(identity, filesystem),
      fs_label: filesystem.label,
      partuuid: device?.partuuid ?? '',
      parttype: device?.parttype ?? '',
    };
  });
  return [disk, ...filesystems].map(lines).join('');
}

/** Something that a filesystem can be on. */
interface TargetDevice {
  readonly name: string;
  readonly device: string;
  /** Name of the filesystem or physical volume on it. */
  readonly content: string | undefined;
  /** What GRUB calls it. */
  readonly grub: string;
  /** GRUB's module between disks and this device. */
  readonly abstraction?: string;
  readonly partuuid?: string;
  readonly parttype?: string;
}

function devicesOf(layout: DiskLayout, identity: DiskIdentity = ''): readonly TargetDevice[] {
  return [
    ...layout.disks.flatMap((disk, index) => [diskDevice(disk, index), ...partitionDevices(disk, index, identity)]),
    ...layout.volumeGroups.flatMap((group) => volumeDevices(group, identity)),
  ];
}

function diskPath(index: number): string {
  return `/dev/ingot${index}`;
}

function partmapOf({ content }: DiskNode): string {
  return content.kind === 'table' ? { gpt: 'gpt', mbr: 'msdos' }[content.label] : '';
}

function diskDevice({ name, content }: DiskNode, index: number): TargetDevice {
  const held = content.kind === 'table' ? undefined : content.name;
  return { name, device: diskPath(index), content: held, grub: `hd${index}` };
}

function partitionDevices(disk: DiskNode, index: number, identity: DiskIdentity): readonly TargetDevice[] {
  const { content } = disk;
  if (content.kind !== 'table') return [];
  const own = identityOfDisk(identity, disk.name);
  const signature = serialFrom(own, 'disk').toString(16).padStart(8, '0');
  return numberPartitions(content).map(({ node, number }) => ({
    name: node.name,
    device: `/dev/mapper/ingot${index}p${number}`,
    content: node.content?.name,
    grub: `hd${index},${partmapOf(disk)}${number}`,
    partuuid:
      content.label === 'gpt' ? partitionGuid(own, node.name) : `${signature}-${number.toString(16).padStart(2, '0')}`,
    parttype: gptTypeGuid(node.type) ?? node.type,
  }));
}

function volumeDevices(group: VolumeGroupNode, identity: DiskIdentity): readonly TargetDevice[] {
  const uuid = volumeGroupUuid(identity, group.name);
  return group.volumes.map(({ name, content }) => ({
    name,
    device: `/dev/mapper/ingot-${group.name}-${name}`,
    content: content?.name,
    grub: `lvmid/${uuid}/${logicalVolumeUuid(identity, group.name, name)}`,
    abstraction: 'lvm',
  }));
}

/** FAT has no UUID; tools show its serial number in its place. */
function shownUuid(identity: DiskIdentity, node: FilesystemNode): string {
  if (node.type !== 'vfat') return filesystemUuid(identity, node);
  const serial = fatSerial(identity, node).toUpperCase();
  return `${serial.slice(0, 4)}-${serial.slice(4)}`;
}

function lines(facts: Readonly<Record<string, string>>): string {
  return Object.entries(facts)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
