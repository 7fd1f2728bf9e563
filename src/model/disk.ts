import type { Bytes } from './bytes.ts';

/** What a disk looks like: one disk image with a partition table, or with one filesystem from end to end. */
export interface DiskLayout {
  readonly sectorSize: 512 | 4096;
  /** Length of the whole disk where the layout itself fixes it. */
  readonly size?: Bytes | undefined;
  readonly content: TableNode | FilesystemNode;
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
  /** Undefined where the partition holds no filesystem, as the BIOS boot partition does. */
  readonly content?: FilesystemNode;
}

/** `percent` is of the space that remains when this partition's turn comes. */
export type PartitionSize =
  | { readonly kind: 'bytes'; readonly bytes: Bytes }
  | { readonly kind: 'percent'; readonly percent: number };

export interface FilesystemNode {
  readonly kind: 'filesystem';
  readonly name: string;
  /** `ext2`, `ext3`, `ext4`, `vfat`, `xfs`. */
  readonly type: string;
  readonly label: string;
  /** Options for its mkfs, already split into words. */
  readonly options: readonly string[];
  readonly uuid?: string;
  readonly mount?: MountNode;
}

export interface MountNode {
  /** Absolute path in the image. */
  readonly point: string;
  /** Undefined where the layout asks for no line in `/etc/fstab`. */
  readonly fstab?: { readonly options: string; readonly dumpFrequency: number; readonly passNumber: number };
}
