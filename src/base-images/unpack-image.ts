import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/process.ts';
import { IngotError } from '../model/error.ts';
import { unpackArchive } from './unpack-archive.ts';
import { unpackDisk } from './unpack-disk.ts';
import type { UnpackRequest } from './unpack-request.ts';

/**
 * Puts what is in a published image into a folder: the root tree of a disk image with everything that its file system table mounts, of a
 * squashfs, of a tar archive, or of a container image in one, each compressed or not.
 * @throws IngotError `IMAGE_UNREADABLE`, `DEVICE_NEEDED`, `TOOL_MISSING`, `DISK_FULL`, `CANCELLED`
 */
export async function unpackImage(request: UnpackRequest): Promise<void> {
  const work = await mkdtemp(join(request.scratch, 'base-image-'));
  try {
    await unpack(request, work);
  } catch (error) {
    throw explain(error, request.name);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpack(request: UnpackRequest, work: string): Promise<void> {
  switch (await kindOf(request)) {
    case 'squashfs':
      await unpackSquashfs(request);
      return;
    case 'archive':
      await unpackArchive(request, work);
      return;
    case 'compressed-disk':
      await unpackDisk({ ...request, image: await decompressed(request, work) }, work);
      return;
    default:
      await unpackDisk(request, work);
  }
}

type ImageKind = 'squashfs' | 'archive' | 'compressed-disk' | 'disk';

const SQUASHFS = 'hsqs';
/** The first bytes of what gzip, xz, zstd and bzip2 write. */
const COMPRESSED = ['\x1f\x8b', '\xfd7zXZ', '\x28\xb5\x2f\xfd', 'BZh'];
const DISK_NAME = /\.(qcow2?|raw|img|vmdk|vdi|vhdx?)\.\w+$/i;
const TAR_MARK = { start: 257, text: 'ustar' };

async function kindOf({ image, name }: UnpackRequest): Promise<ImageKind> {
  await using file = await open(image, 'r').catch((cause: unknown) => {
    throw new IngotError('IMAGE_UNREADABLE', `The base image ${image} cannot be read`, { cause });
  });
  const head = await firstBytes(file);
  if (head.startsWith(SQUASHFS)) return 'squashfs';
  if (head.startsWith(TAR_MARK.text, TAR_MARK.start)) return 'archive';
  if (!COMPRESSED.some((mark) => head.startsWith(mark))) return 'disk';
  return DISK_NAME.test(name) ? 'compressed-disk' : 'archive';
}

async function firstBytes(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
  return buffer.subarray(0, bytesRead).toString('latin1');
}

async function unpackSquashfs({ image, tree, isUserNamespace, signal }: UnpackRequest): Promise<void> {
  const options = ['-no-progress', '-force', ...(isUserNamespace ? ['-excludes'] : []), '-dest', tree, image];
  await run('unsquashfs', [...options, ...(isUserNamespace ? ['dev/*'] : [])], { collects: false, signal });
}

/** zstd also reads what gzip and xz write. */
async function decompressed({ image, signal }: UnpackRequest, work: string): Promise<string> {
  const target = join(work, 'image');
  await run('zstd', ['--decompress', '--quiet', '--sparse', '-o', target, image], { signal });
  return target;
}

/** In the words of the system, and of tar, which has its own for a file that it began. */
const FULL_DISK = /No space left|Wrote only \d+ of/;

function explain(error: unknown, name: string): unknown {
  if (!(error instanceof IngotError)) return error;
  const { tail } = error.details;
  if (FULL_DISK.test((tail ?? []).join('\n')))
    return new IngotError('DISK_FULL', `There is no space left to unpack the base image ${name}`, {
      tail,
      cause: error,
    });
  if (error.code !== 'TOOL_FAILED') return error;
  return new IngotError('IMAGE_UNREADABLE', `The base image ${name} cannot be unpacked: ${error.message}`, {
    tail,
    hint: 'Images of disks, squashfs images and tar archives can be unpacked.',
    cause: error,
  });
}
