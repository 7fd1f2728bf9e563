import { lstatSync, readdirSync } from 'node:fs';
import { run } from '../host/process.ts';
import { GIB, KIB, MIB } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import type { FilesystemRequest } from './filesystem-request.ts';
import { fatSerial } from './identity.ts';
import { tooSmall } from './too-small.ts';

/**
 * Makes a FAT filesystem with everything in a folder, inside a disk image.
 * @throws IngotError `ASSEMBLE_FAILED` for what FAT cannot hold, `IMAGE_TOO_SMALL` when it does not fit
 */
export async function writeVfatFilesystem(request: FilesystemRequest): Promise<void> {
  const { output, start, size, sectorSize, node, identity, epoch, signal } = request;
  const place = ['-S', String(sectorSize), '-h', String(start / sectorSize), '--offset', String(start / sectorSize)];
  const shape = fatShape(size, sectorSize);
  // mkfs.vfat chooses width and cluster size by the length of the whole file, so both have to be said.
  const args = ['--invariant', ...shape, ...place, ...node.options, '-n', node.label, '-i', fatSerial(identity, node)];
  const time = `SOURCE_DATE_EPOCH=${epoch}`;
  await run('env', [time, 'mkfs.vfat', ...args, output, String(Math.floor(size / KIB))], { signal });
  if (request.folder === undefined) return;

  const image = `${output}@@${start}`;
  const environment = [time, 'TZ=UTC', 'LC_ALL=C.UTF-8', 'MTOOLS_SKIP_CHECK=1'];
  const call = async (words: readonly string[]) => {
    await run('env', [...environment, ...words], { signal }).catch((error) => {
      throw explained(error, request);
    });
  };
  for (const { folder, folders, files } of listFolders(request.folder, request.hidden)) {
    const target = (name: string) => `::${folder}/${name}`;
    if (folders.length > 0) await call(['mmd', '-i', image, ...folders.map(target)]);
    if (files.length > 0) {
      const sources = files.map((name) => `${request.folder}${folder}/${name}`);
      await call(['mcopy', '-Q', '-i', image, ...sources, target('')]);
    }
  }
}

/** FAT32 wherever it may be: firmware reads it best. Clusters as small as Microsoft's formatter makes them. */
function fatShape(size: number, sectorSize: number): readonly string[] {
  const smallestFat32 = 66_000 * sectorSize;
  if (size < 4 * MIB) return ['-F', '12', '-s', '1'];
  if (size < smallestFat32) return ['-F', '16', '-s', String(size < 32 * MIB * (sectorSize / 512) ? 1 : 2)];
  const cluster = size <= 260 * MIB ? 512 : size <= 8 * GIB ? 4 * KIB : size <= 16 * GIB ? 8 * KIB : 16 * KIB;
  return ['-F', '32', '-s', String(Math.max(1, cluster / sectorSize))];
}

interface FolderContents {
  /** Below the filesystem's root, with a leading slash; empty for the root itself. */
  readonly folder: string;
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** Folders before what is in them, names in byte order, because FAT keeps the order in which entries were made. */
function listFolders(top: string, hidden: readonly string[]): readonly FolderContents[] {
  const found: FolderContents[] = [];
  const visit = (folder: string) => {
    const names = readdirSync(`${top}${folder}`).sort();
    const folders = names.filter((name) => kindOf(`${top}${folder}/${name}`) === 'folder');
    const files = names.filter((name) => !folders.includes(name));
    found.push({ folder, folders, files });
    for (const name of folders) if (!hidden.includes(`${folder}/${name}`)) visit(`${folder}/${name}`);
  };
  visit('');
  return found;
}

function kindOf(file: string): 'folder' | 'file' {
  const stats = lstatSync(file);
  if (stats.isDirectory()) return 'folder';
  if (stats.isFile()) return 'file';
  const what = stats.isSymbolicLink() ? 'a symbolic link' : 'a special file';
  const hint = 'Keep it out of the folder where the FAT filesystem is mounted.';
  throw new IngotError('ASSEMBLE_FAILED', `${file} is ${what}, which FAT cannot hold`, { hint });
}

function explained(error: unknown, { node, size, measure }: FilesystemRequest): unknown {
  if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') return error;
  const tail = error.details.tail ?? [];
  if (!/Disk full|No free cluster/i.test(tail.join('\n'))) return error;
  return tooSmall(node.name, measure.blockBytes, size, tail);
}
