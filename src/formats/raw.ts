import { chmod, rename } from 'node:fs/promises';
import { run } from '../host/process.ts';
import { isErrno } from '../model/errno.ts';
import type { FormatWriter } from './format-writer.ts';

/** `raw`: the disk as it is. The file moves when it may; onto another filesystem its data is copied and its holes stay holes. */
export const rawFormat = {
  source: 'disk',
  extension: 'raw',
  tools: () => ['cp'],
  keepsOldImage: true,
  consumesDisk: true,
  neededBytes: ({ diskAllocated }) => diskAllocated,
  write: async ({ source, target, signal }) => {
    try {
      await rename(source, target);
    } catch (error) {
      if (!isErrno(error, 'EXDEV')) throw error;
      await run('cp', ['--sparse=always', '--reflink=auto', '--', source, target], { signal });
    }
    await chmod(target, 0o644);
  },
} as const satisfies FormatWriter;
