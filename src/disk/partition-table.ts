import type { Bytes } from '../model/bytes.ts';
import type { TableNode } from '../model/disk.ts';
import type { DiskBytes } from './disk-bytes.ts';
import { gptTable } from './gpt-table.ts';
import type { DiskIdentity } from './identity.ts';
import { mbrTable } from './mbr-table.ts';
import type { PlacedPartition } from './place-partitions.ts';

export interface TableRequest {
  readonly table: TableNode;
  readonly partitions: readonly PlacedPartition[];
  /** Length of the disk. */
  readonly disk: Bytes;
  readonly sectorSize: 512 | 4096;
  readonly identity: DiskIdentity;
}

/**
 * The bytes of a partition table. The first 440 bytes of the disk, which boot code uses, stay as they are.
 * @throws IngotError `LAYOUT_INVALID` for an MBR on a disk that its 32-bit numbers cannot describe
 */
export function partitionTable(request: TableRequest): readonly DiskBytes[] {
  return request.table.label === 'gpt' ? gptTable(request) : mbrTable(request);
}
