import { z } from 'zod';
import { run } from '../../src/host/process.ts';

const Table = z.object({
  partitiontable: z.object({
    label: z.enum(['dos', 'gpt']),
    sectorsize: z.number(),
    partitions: z.array(
      z.object({
        start: z.number(),
        size: z.number(),
        type: z.string(),
        name: z.string().optional(),
        bootable: z.boolean().optional(),
      }),
    ),
  }),
});

/** A partition as the kernel would find it, in bytes. */
export interface FoundPartition {
  readonly offset: number;
  readonly size: number;
  readonly type: string;
  readonly name?: string;
  readonly isBootable: boolean;
}

/** Reads the partition table of a raw disk with `sfdisk`. */
export async function partitionsOf(
  disk: string,
): Promise<{ readonly label: 'dos' | 'gpt'; readonly partitions: readonly FoundPartition[] }> {
  const { stdout } = await run('sfdisk', ['--json', disk]);
  const { label, sectorsize, partitions } = Table.parse(JSON.parse(stdout)).partitiontable;
  return {
    label,
    partitions: partitions.map(({ start, size, type, name, bootable }) => ({
      offset: start * sectorsize,
      size: size * sectorsize,
      type,
      name,
      isBootable: bootable === true,
    })),
  };
}

/** Copies a partition out of a raw disk into a file of its own. */
export async function extractPartition(disk: string, { offset, size }: FoundPartition, file: string): Promise<void> {
  const from = [`if=${disk}`, `of=${file}`, 'bs=1M', 'conv=sparse', 'status=none'];
  await run('dd', [...from, 'iflag=skip_bytes,count_bytes', `skip=${offset}`, `count=${size}`]);
}
