import { gzipWords } from './compressor.ts';
import type { FormatWriter } from './format-writer.ts';
import { archiveTree } from './tree-archive.ts';

/** Level of a compressor that the user names, which is diskimage-builder's. */
const OWN_LEVEL = 9;

/** `tgz`: the root tree as an archive under gzip. Its content is the same as that of `tar`. */
export const tgzFormat = {
  source: 'tree',
  extension: 'tgz',
  tools: ({ environment }) => ['tar', environment.DIB_GZIP_BIN?.split(' ')[0] ?? 'pigz'],
  keepsOldImage: true,
  write: async (input) => {
    const { level } = input.wish.compression.tgz;
    const own = input.wish.environment.DIB_GZIP_BIN;
    await archiveTree(input, {
      compressor: own === undefined ? gzipWords(input.wish, level) : `${own} -${level ?? OWN_LEVEL}`,
    });
  },
} as const satisfies FormatWriter;
