import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './process.ts';

/** What the header of a GPT begins with, in the second sector of its disk. @see UEFI Specification 2.10, 5.3.2 */
const GPT_SIGNATURE = 'EFI PART';

/**
 * The size in bytes of the sectors that a disk image was partitioned for. A table tells only where its second sector is a GPT header; any
 * other disk has sectors of 512 bytes.
 * @param folder for a file of a moment
 * @throws IngotError `TOOL_FAILED`, `TOOL_MISSING`
 */
export async function sectorSizeOf(image: string, format: string, folder: string): Promise<512 | 4096> {
  const start = join(folder, 'first-sectors');
  await run('qemu-img', ['dd', '-f', format, '-O', 'raw', 'bs=4096', 'count=2', `if=${image}`, `of=${start}`]);
  const bytes = await readFile(start);
  const hasHeaderAt = (offset: number) =>
    bytes.toString('latin1', offset, offset + GPT_SIGNATURE.length) === GPT_SIGNATURE;
  return hasHeaderAt(4096) && !hasHeaderAt(512) ? 4096 : 512;
}
