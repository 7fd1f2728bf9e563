import { bytes, formatBytes, MIB } from '../model/bytes.ts';
import type { LogicalVolumeNode, PhysicalVolumeNode, VolumeGroupNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import type { DiskSpan } from './disk-bytes.ts';

/** Where the first extent of a physical volume begins: behind its label and metadata, as LVM's own programs place it. */
export const FIRST_EXTENT = bytes(MIB);

/** A volume group whose volumes have their extents. */
export interface PlacedVolumeGroup {
  readonly node: VolumeGroupNode;
  readonly physicalVolumes: readonly GroupMember[];
  readonly volumes: readonly PlacedVolume[];
}

/** A physical volume of a group. */
export interface GroupMember {
  readonly node: PhysicalVolumeNode;
  readonly span: DiskSpan;
  readonly extents: number;
}

export interface PlacedVolume {
  readonly node: LogicalVolumeNode;
  /** In the order of the volume; one, unless it spans physical volumes. */
  readonly segments: readonly VolumeSegment[];
}

/** A run of extents on one physical volume. */
export interface VolumeSegment {
  readonly member: GroupMember;
  readonly first: number;
  readonly count: number;
}

/**
 * Gives each logical volume its extents, in order: all on the first physical volume that has room for them, or else on several.
 * @throws IngotError `IMAGE_TOO_SMALL` naming the volume and what is missing
 */
export function placeVolumeGroup(
  node: VolumeGroupNode,
  placed: readonly { readonly node: PhysicalVolumeNode; readonly span: DiskSpan }[],
): PlacedVolumeGroup {
  const members = placed.map((volume) => ({
    ...volume,
    extents: Math.max(0, Math.floor((volume.span.size - FIRST_EXTENT) / node.extentSize)),
  }));
  const used = new Map<GroupMember, number>();
  const volumes = node.volumes.map((volume) => {
    const free = members.map((member) => ({ member, first: used.get(member) ?? 0 }));
    const segments = takeExtents(free, wantedExtents(node, volume, free));
    for (const { member, first, count } of segments) used.set(member, first + count);
    return { node: volume, segments };
  });
  return { node, physicalVolumes: members, volumes };
}

/** The stretches of disks that a logical volume lies on, in its order. */
export function volumeSpans({ node }: PlacedVolumeGroup, { segments }: PlacedVolume): readonly DiskSpan[] {
  return segments.map(({ member, first, count }) => ({
    disk: member.span.disk,
    start: bytes(member.span.start + FIRST_EXTENT + first * node.extentSize),
    size: bytes(count * node.extentSize),
  }));
}

/** What is left of a member: from extent `first` on. */
interface FreeSpace {
  readonly member: GroupMember;
  readonly first: number;
}

function roomOf({ member, first }: FreeSpace): number {
  return member.extents - first;
}

function wantedExtents(group: VolumeGroupNode, volume: LogicalVolumeNode, free: readonly FreeSpace[]): number {
  const left = free.reduce((sum, space) => sum + roomOf(space), 0);
  const all = free.reduce((sum, { member }) => sum + member.extents, 0);
  const wanted = extentsOf(volume, group, { left, all });
  if (wanted > 0 && wanted <= left) return wanted;
  const missing = formatBytes(Math.max(1, wanted - left) * group.extentSize);
  const size = (extents: number) => formatBytes(extents * group.extentSize);
  throw new IngotError(
    'IMAGE_TOO_SMALL',
    wanted > 0
      ? `The logical volume "${volume.name}" needs ${size(wanted)}, and the volume group "${group.name}" has ${size(left)} left for it`
      : `The volume group "${group.name}" has no room left for the logical volume "${volume.name}"`,
    { hint: `Raise --image-size by ${missing} or more, or make volumes smaller.` },
  );
}

function extentsOf(
  { size }: LogicalVolumeNode,
  group: VolumeGroupNode,
  { left, all }: { readonly left: number; readonly all: number },
): number {
  switch (size.kind) {
    case 'bytes':
      return Math.ceil(size.bytes / group.extentSize);
    case 'extents':
      return size.count;
    case 'percent':
      return Math.floor(((size.of === 'free' ? left : all) * size.percent) / 100);
    default:
      return size satisfies never;
  }
}

function takeExtents(free: readonly FreeSpace[], wanted: number): readonly VolumeSegment[] {
  const whole = free.find((space) => roomOf(space) >= wanted);
  if (whole !== undefined) return [{ ...whole, count: wanted }];
  const segments: VolumeSegment[] = [];
  let missing = wanted;
  for (const space of free) {
    const count = Math.min(missing, roomOf(space));
    if (count > 0) segments.push({ ...space, count });
    missing -= count;
  }
  return segments;
}
