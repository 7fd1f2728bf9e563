import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isThere } from './is-there.ts';
import { run } from './process.ts';

/** Device nodes of a disk's partitions. Disposing it removes those that it has made. */
export interface PartitionNodes extends AsyncDisposable {
  /** What stands in front of a partition's number, such as `/dev/loop0p`. */
  readonly prefix: string;
}

/**
 * Makes the kernel see the partitions of a loop device, also one that was built without a reader of partition tables, and gives each
 * a node, also where nobody watches for new devices.
 * @param device such as `/dev/loop0`
 */
export async function showPartitions(device: string, numbers: readonly number[]): Promise<PartitionNodes> {
  const prefix = `${device}p`;
  const made: string[] = [];
  if (numbers.length > 0) await run('partx', ['--update', device]);
  for (const number of numbers) {
    const node = `${prefix}${number}`;
    if (isThere(node)) continue;
    const text = await readFile(join('/sys/block', basename(device), basename(node), 'dev'), 'utf8');
    await run('mknod', ['--mode=0600', node, 'b', ...text.trim().split(':')]);
    made.push(node);
  }
  const remove = async () => {
    for (const node of made) await rm(node, { force: true });
  };
  return { prefix, [Symbol.asyncDispose]: remove };
}
