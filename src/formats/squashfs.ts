import { run } from '../host/process.ts';
import { threadsOf } from './compressor.ts';
import type { FormatWriter } from './format-writer.ts';
import { FOREIGN_CONTENT } from './tree-archive.ts';

/** `squashfs`: the root tree as a compressed read-only filesystem. Access lists are left out, which squashfs has no room for. */
export const squashfsFormat = {
  source: 'tree',
  extension: 'squash',
  tools: () => ['mksquashfs'],
  keepsOldImage: false,
  write: async ({ source, target, epoch, wish, signal }) => {
    const { kind, level } = wish.compression.squashfs;
    const args = [
      ...[source, target, '-noappend', '-no-progress', '-quiet', '-no-recovery'],
      ...['-comp', kind, ...(level === undefined ? [] : ['-Xcompression-level', String(level)])],
      ...['-processors', String(threadsOf(wish)), '-xattrs'],
      ...['-wildcards', '-e', ...FOREIGN_CONTENT],
    ];
    // It is the time of the filesystem, and later ones in the tree are set to it.
    const env = { ...wish.environment, LC_ALL: 'C', SOURCE_DATE_EPOCH: String(epoch) };
    await run('mksquashfs', args, { signal, env });
  },
} as const satisfies FormatWriter;
