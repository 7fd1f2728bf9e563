import type { FormatWriter } from './format-writer.ts';
import { archiveTree } from './tree-archive.ts';

/** `tar`: the root tree as an archive. */
export const tarFormat = {
  source: 'tree',
  extension: 'tar',
  tools: () => ['tar'],
  keepsOldImage: false,
  write: async (input) => await archiveTree(input),
} as const satisfies FormatWriter;
