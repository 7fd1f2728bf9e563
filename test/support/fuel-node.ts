import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createInflateRaw } from 'node:zlib';
import { attachLoop } from '../../src/host/loop-device.ts';
import { showPartitions } from '../../src/host/partition-nodes.ts';
import { run } from '../../src/host/process.ts';
import { GIB, MIB } from '../../src/model/bytes.ts';

const PROVISION = fileURLToPath(new URL('provision-node', import.meta.url));

/** Bytes of a gzip header without a name, and of the digest and length behind its one member. */
const HEADER = 10;
const TRAILER = 8;

/** What one zlib stream gave, and how much of the file it read. */
export interface Unpacked {
  readonly md5: string;
  readonly size: number;
  /** Bytes of the file that belong to no member but the first. */
  readonly left: number;
}

/** Unpacks a gzip file as a node does: one stream, which ends with the first member. @param start where in `target` to write */
export async function unpackOnto(file: string, target: string, start = 0): Promise<Unpacked> {
  const inflate = createInflateRaw();
  const hash = createHash('md5');
  let size = 0;
  inflate.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    size += chunk.length;
  });
  const output = createWriteStream(target, { flags: start === 0 ? 'w' : 'r+', start });
  await pipeline(createReadStream(file, { start: HEADER }), inflate, output);
  const left = (await stat(file)).size - HEADER - inflate.bytesWritten - TRAILER;
  return { md5: hash.digest('hex'), size, left };
}

/** Filesystems of a node, as files, checked and grown to their partitions; each check has to end with 0. */
export async function growFilesystem(file: string, size: number): Promise<void> {
  await run('e2fsck', ['-y', '-f', file]);
  await run('truncate', ['--size', String(size), file]);
  await run('resize2fs', [file]);
  await run('e2fsck', ['-p', '-f', file]);
}

/** Where the partitions of a node lie. */
const BOOT = { start: MIB, size: 200 * MIB } as const;
const ROOT = { start: 201 * MIB, size: 3 * GIB } as const;
export const PARTITION_BYTES = { boot: BOOT.size, root: ROOT.size } as const;

/** Puts filesystems on a disk of two partitions and makes it bootable with GRUB from the tree itself. */
export async function provisionNode(
  folder: string,
  files: { readonly boot: string; readonly root: string },
): Promise<string> {
  const disk = `${folder}/disk.raw`;
  await run('truncate', ['--size', String(ROOT.start + ROOT.size + MIB), disk]);
  const line = ({ start, size }: { readonly start: number; readonly size: number }) =>
    `start=${start / 512}, size=${size / 512}, type=83`;
  await run('sfdisk', ['--quiet', disk], { input: `label: dos\n${line(BOOT)}\n${line(ROOT)}\n` });
  for (const [file, { start }] of [
    [files.boot, BOOT],
    [files.root, ROOT],
  ] as const)
    await run('dd', [`if=${file}`, `of=${disk}`, 'bs=1M', `seek=${start / MIB}`, 'conv=notrunc,sparse']);
  await mkdir(`${folder}/tree`);
  await using loop = await attachLoop(disk, { sectorSize: 512 });
  await using nodes = await showPartitions(loop.path, [1, 2]);
  const words = [PROVISION, loop.path, `${nodes.prefix}1`, `${nodes.prefix}2`, `${folder}/tree`];
  await run('unshare', ['--mount', '--propagation=private', ...words]);
  return disk;
}
