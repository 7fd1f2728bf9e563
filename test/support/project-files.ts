import { existsSync } from 'node:fs';
import { run } from '../../src/host/process.ts';

/** Files of the project, relative to its root: those in git and new ones, without ignored ones. */
export async function filesOfProject(): Promise<readonly string[]> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  return stdout.split('\0').filter((file) => file !== '' && existsSync(file));
}
