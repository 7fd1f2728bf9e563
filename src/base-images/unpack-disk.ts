import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFilesystems } from '../disk/find-filesystems.ts';
import { OPEN_DISK, openImage } from '../disk/open-image.ts';
import { run } from '../host/process.ts';
import { resolveInTree } from '../host/tree-path.ts';
import { mountImageTree } from './mount-image-tree.ts';
import type { UnpackRequest } from './unpack-request.ts';

const COPY_IMAGE_TREE = fileURLToPath(new URL('../../lib/copy-image-tree', import.meta.url));

/**
 * Unpacks the root tree of a disk image. FAT is read without the kernel, which often lacks it.
 * @param work absolute path of an empty folder for raw bytes and mount points
 * @throws IngotError `IMAGE_UNREADABLE`, `DEVICE_NEEDED`, `TOOL_FAILED`, `TOOL_MISSING`, `CANCELLED`
 */
export async function unpackDisk(request: UnpackRequest, work: string): Promise<void> {
  const { image, name, tree, isUserNamespace, signal } = request;
  await using disk = await openImage({ image, temporaryFolder: work, signal });
  const filesystems = await findFilesystems(disk);
  const point = join(work, 'tree');
  await mkdir(point);
  await using mounted = await mountImageTree({ disk, filesystems, point, name, isUserNamespace, signal });
  const excluded = [
    '--exclude=./lost+found',
    '--exclude=./boot/lost+found',
    ...(isUserNamespace ? ['--exclude=./dev/*'] : []),
  ];
  await run(COPY_IMAGE_TREE, [point, tree, '--anchored', ...excluded], { collects: false, signal });
  for (const { offset, folder } of mounted.fat) {
    const target = await resolveInTree(tree, folder);
    await mkdir(target, { recursive: true });
    await run('mcopy', ['-s', '-p', '-m', '-n', '-i', `${OPEN_DISK}@@${offset}`, '::*', target], {
      extraFds: [disk.fd],
      // FAT has local times.
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC0' },
      signal,
    });
  }
}
