import type { Bytes } from './bytes.ts';

/** What the disks of an image look like, and the volume groups that lie on them. */
export interface DiskLayout {
  /** The disk that boots, `image0`, comes first. */
  readonly disks: readonly [DiskNode, ...DiskNode[]];
  readonly volumeGroups: readonly VolumeGroupNode[];
}

/** A disk with a partition table, or with one content from end to end. */
export interface DiskNode {
  readonly kind: 'disk';
  readonly name: string;
  readonly sectorSize: 512 | 4096;
  /** Length of the whole disk where the layout itself fixes it. */
  readonly size?: Bytes | undefined;
  readonly content: TableNode | FilesystemNode | PhysicalVolumeNode;
}

export interface TableNode {
  readonly kind: 'table';
  readonly label: 'mbr' | 'gpt';
  /** Partition starts are multiples of this. */
  readonly align: Bytes;
  readonly partitions: readonly PartitionNode[];
}

export interface PartitionNode {
  readonly kind: 'partition';
  readonly name: string;
  /** As written: hexadecimal for MBR (`0x83`), sgdisk code for GPT (`EF00`, `EF02`, `8300`, `4100`). */
  readonly type: string;
  readonly flags: readonly ('boot' | 'primary')[];
  readonly size: PartitionSize;
  /** Undefined where the partition holds nothing that is known here, as the BIOS boot partition does. */
  readonly content?: FilesystemNode | PhysicalVolumeNode;
}

/** `percent` is of the space that remains when this partition's turn comes. */
export type PartitionSize =
  | { readonly kind: 'bytes'; readonly bytes: Bytes }
  | { readonly kind: 'percent'; readonly percent: number };

/** A disk or partition that gives its space to a volume group of LVM. */
export interface PhysicalVolumeNode {
  readonly kind: 'physical-volume';
  readonly name: string;
}

/** A volume group of LVM, which shares out the space of its physical volumes in extents. */
export interface VolumeGroupNode {
  readonly kind: 'volume-group';
  readonly name: string;
  /** Names of its physical volumes, in the order in which their space is given away. */
  readonly physicalVolumes: readonly string[];
  readonly extentSize: Bytes;
  readonly volumes: readonly LogicalVolumeNode[];
}

export interface LogicalVolumeNode {
  readonly kind: 'logical-volume';
  readonly name: string;
  /** Of a thin volume: what it pretends to be, always in bytes. */
  readonly size: LogicalVolumeSize;
  readonly content?: FilesystemNode;
  /** Absent for a volume that has its space from the start. */
  readonly thin?: ThinRole;
}

/** A pool lends its space to thin volumes, chunk by chunk, as they are written to. */
export type ThinRole = { readonly kind: 'pool' } | { readonly kind: 'volume'; readonly pool: string };

/** `percent` is of the whole group, of its physical volumes, or of what is free when this volume's turn comes. */
export type LogicalVolumeSize =
  | { readonly kind: 'bytes'; readonly bytes: Bytes }
  | { readonly kind: 'extents'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number; readonly of: 'group' | 'free' };

export interface FilesystemNode {
  readonly kind: 'filesystem';
  readonly name: string;
  /** One of `FILESYSTEM_TYPES`, such as `ext4`. */
  readonly type: string;
  /** Empty where the type has no room for one. */
  readonly label: string;
  /** Options for its mkfs, already split into words. */
  readonly options: readonly string[];
  readonly uuid?: string;
  readonly mount?: MountNode;
}

export interface MountNode {
  /** Absolute path in the image; `none` for swap, which has no place in it. */
  readonly point: string;
  /** Undefined where the layout asks for no line in `/etc/fstab`. */
  readonly fstab?: { readonly options: string; readonly dumpFrequency: number; readonly passNumber: number };
}
