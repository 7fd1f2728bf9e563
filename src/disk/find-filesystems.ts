import type { FileHandle } from 'node:fs/promises';
import { run } from '../host/process.ts';
import { OPEN_DISK } from './open-image.ts';

/** What was found on a partition of an open disk, or on the whole of it. */
export interface FoundFilesystem {
  /** `partition 1`, `the whole disk`. */
  readonly place: string;
  /** Bytes from the beginning of the disk. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** As `blkid` calls it, such as `ext4`, `xfs`, `LVM2_member`. */
  readonly type: string;
  readonly label?: string;
  readonly uuid?: string;
  /** GUID or number of the partition's type, in lower case; undefined for the whole disk. */
  readonly partitionType?: string;
}

/** A disk does not say for how many bytes in a sector its table was written. */
const SECTOR_SIZES = [512, 4096] as const;
/** Bytes in which partx counts, whatever the sectors of the disk. */
const PARTX_UNIT = 512;

/** Finds what a disk holds, in the order of its partitions. Empty where nothing is known. */
export async function findFilesystems(disk: FileHandle): Promise<readonly FoundFilesystem[]> {
  for (const sectorSize of SECTOR_SIZES) {
    const found = await probeAll(disk, await partitionsOf(disk, sectorSize));
    if (found.length > 0) return found;
  }
  const { size } = await disk.stat();
  return await probeAll(disk, [{ place: 'the whole disk', offset: 0, size }]);
}

interface Region {
  readonly place: string;
  readonly offset: number;
  readonly size: number;
  readonly partitionType?: string;
}

async function partitionsOf(disk: FileHandle, sectorSize: number): Promise<readonly Region[]> {
  const options = ['--raw', '--noheadings', '--output', 'NR,START,SECTORS,TYPE', '--sector-size', String(sectorSize)];
  // Status 1 stands for a disk without a table. A table for sectors of another size has no partitions.
  const { status, stdout } = await run('partx', [...options, OPEN_DISK], { extraFds: [disk.fd], okStatuses: [0, 1] });
  const lines = status === 0 ? stdout.split('\n').filter((line) => line.trim() !== '') : [];
  return lines
    .map((line) => line.trim().split(/\s+/))
    .map(([number, start, sectors, type = '']) => ({
      place: `partition ${number}`,
      offset: Number(start) * PARTX_UNIT,
      size: Number(sectors) * PARTX_UNIT,
      partitionType: type.toLowerCase(),
    }));
}

async function probeAll(disk: FileHandle, regions: readonly Region[]): Promise<readonly FoundFilesystem[]> {
  const found = await Promise.all(regions.map(async (region) => await probe(disk, region)));
  return found.filter((filesystem) => filesystem !== undefined);
}

async function probe(disk: FileHandle, region: Region): Promise<FoundFilesystem | undefined> {
  const { offset, size } = region;
  const options = ['--probe', '--output', 'export', '--offset', String(offset), '--size', String(size)];
  // Status 2 stands for nothing known, 8 for contradicting signs.
  const { stdout } = await run('blkid', [...options, OPEN_DISK], { extraFds: [disk.fd], okStatuses: [0, 2, 8] });
  const value = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1];
  const type = value('TYPE');
  return type === undefined ? undefined : { ...region, type, label: value('LABEL'), uuid: value('UUID') };
}
