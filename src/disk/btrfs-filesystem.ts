import { lstatSync } from 'node:fs';
import { run } from '../host/process.ts';
import { IngotError } from '../model/error.ts';
import { fixBtrfsInodes } from './btrfs-inodes.ts';
import { explainTool, type FilesystemRequest } from './filesystem-request.ts';
import { filesystemUuid } from './identity.ts';
import { underEmptyFolders } from './under-empty-folders.ts';

/**
 * Makes a Btrfs filesystem with everything in a folder, as a file of its own. Its contents are the same each time, its bytes are not:
 * mkfs.btrfs numbers inodes as the filesystem below the folder does.
 * @throws IngotError `ASSEMBLE_FAILED` for device nodes, which mkfs.btrfs would store as others, or with its own words
 */
export async function writeBtrfs(request: FilesystemRequest): Promise<void> {
  const { node, folder, hidden, output, epoch, identity, measure, signal } = request;
  const [device] = measure.devices;
  if (device !== undefined) {
    const message = `mkfs.btrfs cannot store the device node ${device.toString()}`;
    throw new IngotError('ASSEMBLE_FAILED', message, { hint: 'Remove it, or choose another type of filesystem.' });
  }
  const identifiers = ['--uuid', filesystemUuid(identity, node), '--label', node.label];
  const contents = folder === undefined ? [] : ['--rootdir', folder];
  const words = ['mkfs.btrfs', '--quiet', '--force', '--nodiscard', ...identifiers, ...node.options, ...contents];
  const [command = '', ...args] = underEmptyFolders(folder, hidden, [...words, output]);
  await run(command, args, { signal }).catch((error) => {
    throw explainTool(error, request, 'mkfs.btrfs');
  });
  const root = folder === undefined ? { mode: 0o755, uid: 0, gid: 0 } : lstatSync(folder);
  await fixBtrfsInodes({ file: output, epoch, root });
}
