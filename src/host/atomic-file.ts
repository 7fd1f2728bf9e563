import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file so that readers see the old content or the whole new one: aside, synced, renamed.
 * @param mode permission bits of the new file
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const aside = `${path}.${randomUUID()}.part`;
  try {
    await using file = await open(aside, 'wx', mode);
    await file.writeFile(content);
    await file.sync();
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
