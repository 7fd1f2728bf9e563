import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';

export type ChecksumKind = 'md5' | 'sha256';

/** Lower-case hexadecimal digests of a file, read once for all of them. */
export async function digestsOf(
  path: string,
  kinds: readonly ChecksumKind[],
  signal: AbortSignal,
): Promise<{ readonly md5?: string; readonly sha256?: string }> {
  if (kinds.length === 0) return {};
  const hashes = kinds.map((kind) => ({ kind, hash: createHash(kind) }));
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) for (const { hash } of hashes) hash.update(chunk);
    },
    { signal },
  );
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
