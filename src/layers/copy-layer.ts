import { run } from '../host/process.ts';
import { MIB } from '../model/bytes.ts';
import type { Environment } from '../model/request.ts';

/**
 * cp(1) allocates its buffer anew for each file, and glibc would give those back to the kernel each time: mapping and clearing them is a
 * quarter of the CPU time of copying a root tree. Thresholds in bytes.
 */
const COPYING: Environment = {
  PATH: '/usr/bin:/bin',
  GLIBC_TUNABLES: `glibc.malloc.mmap_threshold=${8 * MIB}:glibc.malloc.trim_threshold=${64 * MIB}`,
};

/** Copies a finished layer, with owners, times, attributes and hard links, to a path on another filesystem. */
export async function copyLayer(made: string, copy: string): Promise<void> {
  // As --archive does, but for SELinux contexts, which trees without a policy do not have.
  const kept = '--preserve=mode,ownership,timestamps,links,xattr';
  await run('cp', ['--no-dereference', '--recursive', kept, made, copy], { env: COPYING });
}
