import { truncate } from 'node:fs/promises';
import { run } from '../host/process.ts';
import { missingDeviceNodes } from './device-nodes.ts';
import { explainTool, type FilesystemRequest } from './filesystem-request.ts';
import { underEmptyFolders } from './under-empty-folders.ts';

/**
 * Makes a squashfs of a folder, as a file of its own. It has no label and no UUID, and access lists are lost.
 * @throws IngotError `ASSEMBLE_FAILED` with mksquashfs' own words
 */
export async function writeSquashfs(request: FilesystemRequest): Promise<void> {
  const { node, folder = '', hidden, output, epoch, signal } = request;
  const nodes = node.mount?.point === '/' ? missingDeviceNodes(folder) : [];
  const pseudo = nodes.flatMap(({ name, major, minor, mode }) => ['-p', `dev/${name} c ${mode} 0 0 ${major} ${minor}`]);
  await truncate(output);
  const words = ['mksquashfs', folder, output, '-noappend', '-quiet', '-no-progress', ...pseudo, ...node.options];
  const command = underEmptyFolders(folder, hidden, words);
  // Times after this one are brought back to it.
  await run('env', [`SOURCE_DATE_EPOCH=${epoch}`, ...command], { signal }).catch((error) => {
    throw explainTool(error, request, 'mksquashfs');
  });
}
