import { accessSync, existsSync } from 'node:fs';

/**
 * True where something is at a path; a link that leads nowhere is nothing.
 * @param mode what the caller has to be allowed to do with it, in the bits of `access`: nothing unless given
 */
export function isThere(path: string, mode?: number): boolean {
  if (mode === undefined) return existsSync(path);
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
