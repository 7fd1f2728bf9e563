import { lstatSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from '../host/process.ts';
import { KIB } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import { staticDeviceCommands } from './device-nodes.ts';
import { checkExtFit, type ExtFit, tooSmallForTree } from './ext-fit.ts';
import { fixInodes } from './ext-inodes.ts';
import { forgetWrites } from './ext-superblocks.ts';
import { explainTool, type FilesystemRequest } from './filesystem-request.ts';
import { filesystemUuid, uuidFrom } from './identity.ts';
import { underEmptyFolders } from './under-empty-folders.ts';

const CONFIGURATION = fileURLToPath(new URL('../../lib/mke2fs.conf', import.meta.url));

/**
 * Makes an ext2, ext3 or ext4 filesystem with everything in a folder, inside a disk image, without mounting it.
 * @throws IngotError `IMAGE_TOO_SMALL` when it does not fit, `ASSEMBLE_FAILED` with mke2fs' own words for anything else
 */
export async function writeExtFilesystem(request: FilesystemRequest): Promise<void> {
  const { node, folder, hidden, output, start, epoch, signal } = request;
  checkExtFit(fitOf(request));
  // e2fsprogs before 1.47.1 knows only the first of the two times.
  const environment = [
    `MKE2FS_CONFIG=${CONFIGURATION}`,
    `E2FSPROGS_FAKE_TIME=${epoch}`,
    `SOURCE_DATE_EPOCH=${epoch}`,
    'LC_ALL=C',
  ];
  const command = underEmptyFolders(folder, hidden, ['mke2fs', ...mke2fsArguments(request)]);
  await run('env', [...environment, ...command], { signal }).catch((error) => {
    throw explained(error, request);
  });
  const devices = node.mount?.point === '/' && folder !== undefined ? staticDeviceCommands(folder) : '';
  if (devices !== '') {
    const debugfs = ['debugfs', '-w', '-f', '-', `${output}?offset=${start}`];
    await run('env', [...environment, ...debugfs], { input: devices, signal });
  }
  const root = folder === undefined ? { mode: 0o755, uid: 0, gid: 0 } : lstatSync(folder);
  await fixInodes({ file: output, offset: start, epoch, root });
  await forgetWrites(output, start);
}

/**
 * The words for mke2fs. Those of the layout and the user come behind our own and win; extended options are brought together, because
 * mke2fs listens to the last `-E` alone, and the place in the file stays ours.
 */
function mke2fsArguments({ node, output, start, size, folder, identity }: FilesystemRequest): readonly string[] {
  const { extended, others } = splitExtended(node.options);
  const ours = [
    `hash_seed=${uuidFrom(identity, `hash seed ${node.name}`)}`,
    // The image is a new sparse file. So nothing needs to be zeroed, neither now nor by the kernel at first boot.
    'assume_storage_prezeroed=1',
    'nodiscard',
  ];
  return [
    ...['-q', '-F', '-t', node.type, '-b', '4096', '-I', '256'],
    ...others,
    ...['-L', node.label, '-U', filesystemUuid(identity, node)],
    ...['-E', [...ours, ...extended, `offset=${start}`].join(',')],
    ...(folder === undefined ? [] : ['-d', folder]),
    output,
    `${Math.floor(size / KIB)}k`,
  ];
}

function splitExtended(options: readonly string[]): { readonly extended: string[]; readonly others: string[] } {
  const extended: string[] = [];
  const others: string[] = [];
  options.forEach((word, index) => {
    if (options[index - 1] === '-E') extended.push(word);
    else if (word.startsWith('-E')) extended.push(...(word === '-E' ? [] : [word.slice(2)]));
    else others.push(word);
  });
  return { extended, others };
}

function explained(error: unknown, request: FilesystemRequest): unknown {
  if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') return error;
  const text = (error.details.tail ?? []).join('\n');
  if (/Could not (allocate|expand)|Journal size too big|must be between/.test(text)) {
    return tooSmallForTree(fitOf(request));
  }
  return explainTool(error, request, 'mke2fs');
}

function fitOf({ node, size, measure }: FilesystemRequest): ExtFit {
  return { name: node.name, size, options: node.options, hasJournal: node.type !== 'ext2', measure };
}
