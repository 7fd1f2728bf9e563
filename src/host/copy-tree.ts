import { run } from './process.ts';

/**
 * Copies everything in a folder into another one, and gives that one the attributes of the first: owners, modes, times, hard links,
 * extended attributes, ACLs, capabilities, holes, special files.
 * @param wrap makes the words of a command that runs this one
 * @throws IngotError `TOOL_FAILED` with the words of cp
 */
export async function copyTree(
  from: string,
  to: string,
  { wrap = (words) => words, signal }: CopyOptions = {},
): Promise<void> {
  const preserved = '--preserve=mode,ownership,timestamps,links,xattr';
  const copy = ['cp', '--recursive', '--no-dereference', preserved, '--sparse=auto', '--no-target-directory'];
  const [command = '', ...args] = wrap([...copy, from, to]);
  await run(command, args, { signal });
}

export interface CopyOptions {
  readonly wrap?: (words: readonly string[]) => readonly string[];
  readonly signal?: AbortSignal | undefined;
}
