import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../lib/under-empty-folders', import.meta.url));

/**
 * The words of a command that is to see some folders of a tree empty. Without any, the command itself; else it runs in a mount namespace of
 * its own, where empty folders of the same owner and mode lie over them. The tree is not changed.
 * @param hidden paths below `tree`, each with a leading slash
 */
export function underEmptyFolders(
  tree: string | undefined,
  hidden: readonly string[],
  command: readonly string[],
): readonly string[] {
  if (tree === undefined || hidden.length === 0) return command;
  const folders = hidden.map((point) => `${tree}${point}`);
  return ['unshare', '--mount', '--propagation', 'private', SCRIPT, String(folders.length), ...folders, ...command];
}
