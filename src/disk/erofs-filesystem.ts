import { open, truncate } from 'node:fs/promises';
import { run } from '../host/process.ts';
import { crc32c } from '../model/crc32c.ts';
import { explainTool, type FilesystemRequest } from './filesystem-request.ts';
import { filesystemUuid } from './identity.ts';
import { underEmptyFolders } from './under-empty-folders.ts';

/**
 * Makes an EROFS filesystem of a folder, as a file of its own. Everything in it has the date `epoch`: mkfs.erofs before 1.8 cannot bring back
 * later times alone.
 * @throws IngotError `ASSEMBLE_FAILED` with mkfs.erofs' own words
 */
export async function writeErofs(request: FilesystemRequest): Promise<void> {
  const { node, folder = '', hidden, output, epoch, identity, signal } = request;
  await truncate(output);
  const words = ['mkfs.erofs', '--quiet', `-T${epoch}`, `-U${filesystemUuid(identity, node)}`, ...node.options];
  const [command = '', ...args] = underEmptyFolders(folder, hidden, [...words, output, folder]);
  await run(command, args, { signal }).catch((error) => {
    throw explainTool(error, request, 'mkfs.erofs');
  });
  await writeLabel(output, node.label);
}

const SUPERBLOCK_AT = 1024;
const AT = { magic: 0, checksum: 4, compatible: 8, logBlockSize: 12, label: 64 } as const;
const LABEL_BYTES = 16;
const HAS_CHECKSUM = 1;

/**
 * Names a filesystem, which mkfs.erofs can do from version 1.8 on.
 * @see https://docs.kernel.org/filesystems/erofs.html#on-disk-details
 */
async function writeLabel(path: string, label: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const first = await file.read(Buffer.alloc(LABEL_BYTES), 0, LABEL_BYTES, SUPERBLOCK_AT);
    const data = Buffer.alloc((1 << first.buffer.readUInt8(AT.logBlockSize)) - SUPERBLOCK_AT);
    await file.read(data, 0, data.length, SUPERBLOCK_AT);
    data.fill(0, AT.label, AT.label + LABEL_BYTES);
    data.write(label, AT.label, LABEL_BYTES, 'utf8');
    if ((data.readUInt32LE(AT.compatible) & HAS_CHECKSUM) !== 0) {
      data.writeUInt32LE(0, AT.checksum);
      data.writeUInt32LE(crc32c(0xffffffff, data), AT.checksum);
    }
    await file.write(data, 0, data.length, SUPERBLOCK_AT);
  } finally {
    await file.close();
  }
}
