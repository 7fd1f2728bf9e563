import { type FileHandle, open, rm, truncate, writeFile } from 'node:fs/promises';
import { dataExtents, type Extent } from '../host/extents.ts';
import { run } from '../host/process.ts';
import { type Bytes, bytes, formatBytes } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import { copyExtents, type FilePiece, inOrder } from './copy-extents.ts';
import type { DiskSpan } from './disk-bytes.ts';
import type { PlacedFilesystem, PlacedLayout } from './place-layout.ts';
import { segmentSpans, thinVolumes, volumeSpans } from './place-volumes.ts';
import { chunkSizeOf } from './thin-pool-size.ts';

/** Device-mapper counts in these, whatever the sectors of the disk. */
const SECTOR = 512;

/** A thin pool with its place. */
export interface PlacedThinPool {
  readonly name: string;
  readonly data: readonly DiskSpan[];
  readonly metadata: readonly DiskSpan[];
  readonly chunkSize: Bytes;
  /** What its volumes hold, in the order of their device numbers, which begin at 1. */
  readonly contents: readonly (PlacedFilesystem | undefined)[];
}

/** What writing a thin pool takes. */
export interface ThinPoolOutput {
  /** Makes a filesystem in a file of its own, which is gone when `use` is done. */
  readonly inFile: (filesystem: PlacedFilesystem, use: (path: string) => Promise<void>) => Promise<void>;
  /** Path of a file that may be made meanwhile. */
  readonly scratchFile: string;
  /** Gives the open file of a disk. */
  readonly diskOf: (name: string) => FileHandle;
  readonly signal?: AbortSignal | undefined;
}

/** The thin pools of a layout. */
export function thinPools({ volumeGroups, filesystems }: PlacedLayout): readonly PlacedThinPool[] {
  return volumeGroups.flatMap((group) =>
    group.volumes.flatMap((pool) => {
      if (pool.metadata === undefined) return [];
      const { name } = pool.node;
      return [
        {
          name,
          data: volumeSpans(group, pool),
          metadata: segmentSpans(group, pool.metadata),
          chunkSize: chunkSizeOf(sizeOf(volumeSpans(group, pool))),
          contents: thinVolumes(group, name).map(({ content }) => filesystems.find(({ node }) => node === content)),
        },
      ];
    }),
  );
}

/**
 * Writes a thin pool where everything reads as zeros: the data of its volumes into chunks, one behind the other, and the notes about which
 * chunk is whose, which the tool of the pool's own makers writes.
 * @throws IngotError `IMAGE_TOO_SMALL` when the volumes hold more than the pool, `TOOL_FAILED`
 */
export async function writeThinPool(pool: PlacedThinPool, output: ThinPoolOutput): Promise<void> {
  const { chunkSize, metadata, contents } = pool;
  const { scratchFile, diskOf, signal } = output;
  const runs: (readonly ChunkRun[])[] = [];
  let used = 0;
  for (const filesystem of contents) {
    if (filesystem === undefined) {
      runs.push([]);
      continue;
    }
    await output.inFile(filesystem, async (path) => {
      const extents = await dataExtents(path, signal);
      const chunks = await filledChunks(path, extents, chunkSize);
      const own = runsOf(chunks, used);
      runs.push(own);
      used += chunks.length;
      refuseFullPool(pool, used);
      const pieces = own.flatMap((one) => piecesOf(one, pool));
      await copyExtents(path, extents, pieces, diskOf, signal);
    });
  }
  const text = `${scratchFile}.xml`;
  try {
    await writeFile(text, poolText(pool, runs), { flag: 'wx', mode: 0o600 });
    await writeFile(scratchFile, '', { flag: 'wx', mode: 0o600 });
    await truncate(scratchFile, sizeOf(metadata));
    await run('thin_restore', ['--input', text, '--output', scratchFile], { signal });
    await copyExtents(scratchFile, await dataExtents(scratchFile, signal), inOrder(metadata), diskOf, signal);
  } finally {
    await rm(text, { force: true });
    await rm(scratchFile, { force: true });
  }
}

function refuseFullPool({ name, data, chunkSize }: PlacedThinPool, chunks: number): void {
  const [held, size] = [chunks * chunkSize, sizeOf(data)];
  if (held <= size) return;
  const message = `The volumes of the thin pool "${name}" hold ${formatBytes(held)}, and it has ${formatBytes(size)}`;
  throw new IngotError('IMAGE_TOO_SMALL', message, {
    hint: 'Give the pool more room in the layout, or its volumes less to hold.',
  });
}

/** Chunks of a volume that lie one behind the other in the pool as well, from chunk `at` on. */
interface ChunkRun {
  readonly first: number;
  readonly count: number;
  readonly at: number;
}

/**
 * The chunks of a file that hold more than zeros. What its own filesystem has given it space for does not count: that differs from machine to
 * machine.
 */
async function filledChunks(path: string, extents: readonly Extent[], chunkSize: number): Promise<readonly number[]> {
  const found: number[] = [];
  const [chunk, zeros] = [Buffer.alloc(chunkSize), Buffer.alloc(chunkSize)];
  await using file = await open(path, 'r');
  let next = 0;
  for (const { start, length } of extents) {
    next = Math.max(next, Math.floor(start / chunkSize));
    for (; next * chunkSize < start + length; next += 1) {
      const { bytesRead } = await file.read(chunk, 0, chunkSize, next * chunkSize);
      if (!chunk.subarray(0, bytesRead).equals(zeros.subarray(0, bytesRead))) found.push(next);
    }
  }
  return found;
}

/** @param at first free chunk of the pool */
function runsOf(chunks: readonly number[], at: number): readonly ChunkRun[] {
  const runs: { first: number; count: number; at: number }[] = [];
  for (const [index, chunk] of chunks.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && chunk === last.first + last.count) last.count += 1;
    else runs.push({ first: chunk, count: 1, at: at + index });
  }
  return runs;
}

/** Where on disks a run of chunks lies. */
function piecesOf({ first, count, at }: ChunkRun, { chunkSize, data }: PlacedThinPool): readonly FilePiece[] {
  const [start, end] = [at * chunkSize, (at + count) * chunkSize];
  return inOrder(data).flatMap((span) => {
    const from = Math.max(start, span.from);
    const to = Math.min(end, span.from + span.size);
    if (from >= to) return [];
    const place = { disk: span.disk, start: bytes(span.start + from - span.from), size: bytes(to - from) };
    return [{ ...place, from: first * chunkSize + from - start }];
  });
}

/** The notes of a pool, as thin_dump(8) would show them. Each volume came with a transaction of its own. */
function poolText({ chunkSize, data }: PlacedThinPool, runs: readonly (readonly ChunkRun[])[]): string {
  const counts = `data_block_size="${chunkSize / SECTOR}" nr_data_blocks="${Math.floor(sizeOf(data) / chunkSize)}"`;
  const devices = runs.map((own, index) => {
    const mapped = own.reduce((sum, { count }) => sum + count, 0);
    const mappings = own.map(
      ({ first, count, at }) =>
        `<range_mapping origin_begin="${first}" data_begin="${at}" length="${count}" time="0"/>`,
    );
    const facts = `dev_id="${index + 1}" mapped_blocks="${mapped}" transaction="${index}" creation_time="0" snap_time="0"`;
    return [`<device ${facts}>`, ...mappings, '</device>'].join('\n');
  });
  const head = `<superblock uuid="" time="0" transaction="${runs.length}" version="2" ${counts}>`;
  return [head, ...devices, '</superblock>', ''].join('\n');
}

function sizeOf(spans: readonly DiskSpan[]): Bytes {
  return bytes(spans.reduce((sum, { size }) => sum + size, 0));
}
