import { type Bytes, bytes, formatBytes, MIB, roundUp } from '../model/bytes.ts';
import type { LogicalVolumeNode, PhysicalVolumeNode, VolumeGroupNode } from '../model/disk.ts';
import { IngotError } from '../model/error.ts';
import type { DiskSpan } from './disk-bytes.ts';
import { metadataSizeOf } from './thin-pool-size.ts';

/** Where the first extent of a physical volume begins: behind its label and metadata, as LVM's own programs place it. */
export const FIRST_EXTENT = bytes(MIB);

/** A volume group whose volumes have their extents. */
export interface PlacedVolumeGroup {
  readonly node: VolumeGroupNode;
  readonly physicalVolumes: readonly GroupMember[];
  readonly volumes: readonly PlacedVolume[];
  /** What LVM keeps free to mend the metadata of a thin pool with; empty without one. */
  readonly spare: readonly VolumeSegment[];
}

/** A physical volume of a group. */
export interface GroupMember {
  readonly node: PhysicalVolumeNode;
  readonly span: DiskSpan;
  readonly extents: number;
}

export interface PlacedVolume {
  readonly node: LogicalVolumeNode;
  /** In the order of the volume; one, unless it spans physical volumes. None for a thin volume. */
  readonly segments: readonly VolumeSegment[];
  /** Of a thin pool: where it notes which chunk belongs to which volume. */
  readonly metadata?: readonly VolumeSegment[];
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
  const free = () => members.map((member) => ({ member, first: used.get(member) ?? 0 }));
  const take = (wanted: number) => {
    const segments = takeExtents(free(), wanted);
    for (const { member, first, count } of segments) used.set(member, first + count);
    return segments;
  };
  const spare: VolumeSegment[] = [];
  const volumes = node.volumes.map((volume): PlacedVolume => {
    if (volume.thin?.kind === 'volume') return { node: volume, segments: [] };
    const { wanted, metadata, more } = wantedExtents(node, volume, free(), countOf(spare));
    const segments = take(wanted);
    if (metadata === 0) return { node: volume, segments };
    const placed = { node: volume, segments, metadata: take(metadata) };
    spare.push(...take(more));
    return placed;
  });
  return { node, physicalVolumes: members, volumes, spare };
}

function countOf(segments: readonly VolumeSegment[]): number {
  return segments.reduce((sum, { count }) => sum + count, 0);
}

/** The volumes of a thin pool. Their places in this list are what the pool knows them by. */
export function thinVolumes({ node }: Pick<PlacedVolumeGroup, 'node'>, pool: string): readonly LogicalVolumeNode[] {
  return node.volumes.filter(({ thin }) => thin?.kind === 'volume' && thin.pool === pool);
}

/** What a thin volume shows as its size. Bytes, in whole extents. */
export function thinVolumeSize({ extentSize }: VolumeGroupNode, { size }: LogicalVolumeNode): Bytes {
  return roundUp(size.kind === 'bytes' ? size.bytes : extentSize, extentSize);
}

/** The stretches of disks that a logical volume lies on, in its order. */
export function volumeSpans(group: PlacedVolumeGroup, { segments }: PlacedVolume): readonly DiskSpan[] {
  return segmentSpans(group, segments);
}

/** The stretches of disks that runs of extents are, in their order. */
export function segmentSpans({ node }: PlacedVolumeGroup, segments: readonly VolumeSegment[]): readonly DiskSpan[] {
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

/** Extents for a volume. */
interface WantedExtents {
  readonly wanted: number;
  /** For the metadata of a thin pool; else none. */
  readonly metadata: number;
  /** For the spare of the group, which is as large as the largest metadata. */
  readonly more: number;
}

function wantedExtents(
  group: VolumeGroupNode,
  volume: LogicalVolumeNode,
  free: readonly FreeSpace[],
  spare: number,
): WantedExtents {
  const left = free.reduce((sum, space) => sum + roomOf(space), 0);
  const all = free.reduce((sum, { member }) => sum + member.extents, 0);
  const asked = extentsOf(volume, group, { left, all });
  const isPool = volume.thin?.kind === 'pool';
  const metadata = isPool ? Math.ceil(metadataSizeOf(asked * group.extentSize) / group.extentSize) : 0;
  const more = isPool ? Math.max(0, metadata - spare) : 0;
  const isRest = volume.size.kind === 'percent' && volume.size.of === 'free';
  // A share of what is free has room in it for what comes with the pool.
  const own = isRest ? Math.min(asked, left - metadata - more) : asked;
  const wanted = own + metadata + more;
  if (own > 0 && wanted <= left) return { wanted: own, metadata, more };
  const missing = formatBytes(Math.max(1, wanted - left) * group.extentSize);
  const size = (extents: number) => formatBytes(extents * group.extentSize);
  throw new IngotError(
    'IMAGE_TOO_SMALL',
    own > 0
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
