import { formatBytes, MIB } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';

/**
 * The error for a filesystem that its files do not fit.
 * @param name of the filesystem
 * @param needed bytes that it would take, as far as can be told; at least 1 MiB more than it gets is asked for
 * @param size bytes that it gets
 * @param tail last lines of the tool that failed
 */
export function tooSmall(name: string, needed: number, size: number, tail?: readonly string[]): IngotError {
  const wanted = Math.max(needed, size + MIB);
  const missing = formatBytes(wanted - size);
  return new IngotError(
    'IMAGE_TOO_SMALL',
    `The filesystem "${name}" needs ${formatBytes(wanted)} and gets ${formatBytes(size)}: ${missing} are missing`,
    {
      hint: `Raise --image-size by ${missing} or more, or leave it out; or give the filesystem more room in the layout, or less to hold.`,
      tail,
    },
  );
}
