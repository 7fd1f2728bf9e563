/** One member of a tar archive. */
export interface TarEntry {
  /** As written, such as `./preinst`. */
  readonly name: string;
  readonly kind: 'file' | 'symlink' | 'other';
  readonly content: Buffer;
}

const BLOCK = 512;

/**
 * Lists the members of a small archive in ustar or GNU format, as Debian packages hold. Members with extended headers keep their
 * short names.
 */
export function* tarEntries(archive: Buffer): Generator<TarEntry> {
  let offset = 0;
  while (offset + BLOCK <= archive.length && archive[offset] !== 0) {
    const header = archive.subarray(offset, offset + BLOCK);
    const size = Number.parseInt(text(header, 124, 12).trim(), 8);
    const type = text(header, 156, 1);
    const content = archive.subarray(offset + BLOCK, offset + BLOCK + size);
    yield { name: text(header, 0, 100), kind: kindOf(type), content };
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function kindOf(type: string): TarEntry['kind'] {
  if (type === '0' || type === '') return 'file';
  return type === '2' ? 'symlink' : 'other';
}

function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length).toString('latin1');
  const end = field.indexOf('\0');
  return end === -1 ? field : field.slice(0, end);
}
