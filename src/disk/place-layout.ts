import { type Bytes, bytes, roundUp } from '../model/bytes.ts';
import type { DiskLayout, DiskNode, FilesystemNode, PhysicalVolumeNode } from '../model/disk.ts';
import type { DiskSpan } from './disk-bytes.ts';
import { type PlacedPartition, placePartitions } from './place-partitions.ts';
import { type PlacedVolumeGroup, placeVolumeGroup, thinVolumeSize, volumeSpans } from './place-volumes.ts';

/** Everything of a layout with its place. */
export interface PlacedLayout {
  readonly disks: readonly PlacedDisk[];
  readonly physicalVolumes: readonly PlacedPhysicalVolume[];
  readonly volumeGroups: readonly PlacedVolumeGroup[];
  readonly filesystems: readonly PlacedFilesystem[];
}

export interface PlacedDisk {
  readonly node: DiskNode;
  readonly size: Bytes;
  /** Empty without a partition table. */
  readonly partitions: readonly PlacedPartition[];
}

export interface PlacedPhysicalVolume {
  readonly node: PhysicalVolumeNode;
  readonly span: DiskSpan;
}

export interface PlacedFilesystem {
  readonly node: FilesystemNode;
  /**
   * What together is the device that the filesystem sees: one span, but for logical volumes that lie in several places. None on a thin volume:
   * there it gets chunks of its pool.
   */
  readonly spans: readonly DiskSpan[];
  readonly size: Bytes;
}

/**
 * Gives everything its place.
 * @param size length of a disk where the layout does not fix it
 * @throws IngotError `IMAGE_TOO_SMALL` naming what does not fit and what is missing
 */
export function placeLayout(layout: DiskLayout, size: Bytes): PlacedLayout {
  const disks = layout.disks.map((node) => placeDisk(node, size));
  const contents = disks.flatMap(contentsOf);
  const physicalVolumes = contents.flatMap(({ node, span }) =>
    node.kind === 'physical-volume' ? [{ node, span }] : [],
  );
  const volumeGroups = layout.volumeGroups.map((node) => {
    const members = node.physicalVolumes.flatMap((name) =>
      physicalVolumes.filter((volume) => volume.node.name === name),
    );
    return placeVolumeGroup(node, members);
  });
  const filesystems = [
    ...contents.flatMap(({ node, span }) => (node.kind === 'filesystem' ? [placeFilesystem(node, [span])] : [])),
    ...volumeGroups.flatMap((group) =>
      group.volumes.flatMap((volume) => {
        const { content, thin } = volume.node;
        if (content === undefined) return [];
        if (thin === undefined) return [placeFilesystem(content, volumeSpans(group, volume))];
        return [{ node: content, spans: [], size: thinVolumeSize(group.node, volume.node) }];
      }),
    ),
  ];
  return { disks, physicalVolumes, volumeGroups, filesystems };
}

function placeDisk(node: DiskNode, size: Bytes): PlacedDisk {
  const whole = roundUp(node.size ?? size, node.sectorSize);
  const partitions = node.content.kind === 'table' ? placePartitions(node.content, whole) : [];
  return { node, size: whole, partitions };
}

/** What lies on a disk or its partitions, each with its span. */
function contentsOf({ node, size, partitions }: PlacedDisk) {
  const spanAt = (start: number, length: Bytes): DiskSpan => ({ disk: node.name, start: bytes(start), size: length });
  if (node.content.kind !== 'table') return [{ node: node.content, span: spanAt(0, size) }];
  return partitions.flatMap((partition) => {
    const { content } = partition.node;
    return content === undefined ? [] : [{ node: content, span: spanAt(partition.start, partition.size) }];
  });
}

function placeFilesystem(node: FilesystemNode, spans: readonly DiskSpan[]): PlacedFilesystem {
  return { node, spans, size: bytes(spans.reduce((sum, span) => sum + span.size, 0)) };
}
