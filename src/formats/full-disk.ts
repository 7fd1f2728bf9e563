import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';

/** True for a write that failed because the filesystem has no space left. */
export function isFullDisk(error: unknown): boolean {
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) return true;
  if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') return false;
  // tar tells a full disk from other faults by the count alone.
  return /No space left on device|Disk quota exceeded|Wrote only \d+ of \d+ bytes/.test(
    (error.details.tail ?? []).join('\n'),
  );
}
