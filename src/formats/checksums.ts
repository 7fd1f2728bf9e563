import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';

export type ChecksumKind = 'md5' | 'sha256';

/** What is read at once fits the cache of a processor. */
const PART_BYTES = 256 * 1024;

/** Lower-case hexadecimal digests of a file, read once for all of them. */
export async function digestsOf(
  path: string,
  kinds: readonly ChecksumKind[],
  signal: AbortSignal,
): Promise<{ readonly md5?: string; readonly sha256?: string }> {
  if (kinds.length === 0) return {};
  const hashes = kinds.map((kind) => ({ kind, hash: createHash(kind) }));
  await using file = await open(path);
  // One buffer for the whole file: a stream takes new memory for each part of it, which costs as much as the reading.
  const buffer = Buffer.allocUnsafeSlow(PART_BYTES);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer);
    if (bytesRead === 0) break;
    for (const { hash } of hashes) hash.update(buffer.subarray(0, bytesRead));
  }
  return Object.fromEntries(hashes.map(({ kind, hash }) => [kind, hash.digest('hex')]));
}

/**
 * The line that `md5sum` and `sha256sum` print for a file, so that their `--check` reads it in the folder of the image.
 * Names with a backslash or line break are written in the escaped form of coreutils.
 */
export function checksumLine(digest: string, path: string): string {
  const name = basename(path);
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === name ? '' : '\\'}${digest}  ${escaped}\n`;
}
