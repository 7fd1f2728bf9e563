import { rename, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { isErrno } from '../model/errno.ts';

/**
 * Renames an image that a new one would replace, with its checksum files.
 * @param at the moment that the new name tells
 * @returns the new path; undefined when there was no image
 */
export async function keepOldImage(path: string, at: Date): Promise<string | undefined> {
  if (!(await isFile(path))) return undefined;
  const kept = await freeName(oldImageName(path, at));
  await rename(path, kept);
  for (const kind of ['md5', 'sha256'])
    if (await isFile(`${path}.${kind}`)) await rename(`${path}.${kind}`, `${kept}.${kind}`);
  return kept;
}

/** Name under which an older image is kept: `image-2026.11.20-18.04.59.qcow2`, in local time. */
function oldImageName(path: string, at: Date): string {
  const extension = extname(path);
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(twoDigits).join('.');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join('.');
  return `${path.slice(0, path.length - extension.length)}-${date}-${time}${extension}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

async function freeName(path: string): Promise<string> {
  let candidate = path;
  for (let count = 2; await isFile(candidate); count += 1) candidate = path.replace(/(\.[^.]*)$/, `-${count}$1`);
  return candidate;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP')) return false;
    throw error;
  }
}
