import { copyFile, lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where dnf 4 remembers what it did and which packages somebody asked for. */
const HISTORY = 'var/lib/dnf/history.sqlite';

/**
 * Gives every transaction in the history of dnf one time and the same words offline, and writes the database anew: its pages lie as they
 * happened to be written.
 * @param epoch the time, in seconds since the Unix epoch
 */
export async function settleDnfHistory(root: string, epoch: number): Promise<void> {
  const file = join(root, HISTORY);
  const facts = await lstat(file).catch(() => undefined);
  if (facts?.isFile() !== true) return;
  const settled = `${file}.settled`;
  const database = new DatabaseSync(file);
  try {
    const settle = "UPDATE trans SET dt_begin = ?, dt_end = ?, cmdline = replace(cmdline, ' --cacheonly', '')";
    database.prepare(settle).run(epoch, epoch);
    database.prepare('VACUUM INTO ?').run(settled);
  } finally {
    database.close();
  }
  await copyFile(settled, file);
  for (const path of [settled, `${file}-wal`, `${file}-shm`]) await rm(path, { force: true });
}
