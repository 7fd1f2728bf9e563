import { availableParallelism } from 'node:os';
import type { FormatWriter } from './format-writer.ts';
import { archiveTree } from './tree-archive.ts';

/** `tgz`: the root tree as an archive under gzip. Its content is the same as that of `tar`. */
export const tgzFormat = {
  source: 'tree',
  extension: 'tgz',
  tools: ['tar', 'pigz'],
  keepsOldImage: true,
  consumesDisk: false,
  takesQemuOptions: false,
  write: async (input) => {
    const own = input.environment.DIB_GZIP_BIN;
    await archiveTree(input, own === undefined ? usualCompressor() : `${own} -9`);
  },
} as const satisfies FormatWriter;

/**
 * pigz writes one gzip member, so that readers which stop after the first one see everything. With one thread it divides its input in
 * another way and the bytes would differ from machine to machine; two are the least.
 */
function usualCompressor(): string {
  return `pigz --no-name --processes ${Math.max(2, availableParallelism())}`;
}
