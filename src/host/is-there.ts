import { access } from 'node:fs/promises';

/**
 * True where something is at a path; a link that leads nowhere is nothing.
 * @param mode what the caller has to be allowed to do with it, in the bits of `access`: nothing unless given
 */
export async function isThere(path: string, mode?: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
