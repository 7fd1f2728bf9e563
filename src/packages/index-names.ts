import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/process.ts';

/** Names of the packages that a minimal system can be made of, in order of appearance. */
export interface BaseNames {
  /** Of priority required, or marked essential. */
  readonly required: readonly string[];
  /** Of priority important. */
  readonly important: readonly string[];
}

/**
 * Which of the names packages have or provide.
 * @param lists absolute path of a folder of index files
 */
export async function readKnownNames(
  names: readonly string[],
  lists: string,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const files = (await readdir(lists)).filter((name) => name.endsWith('_Packages')).map((name) => join(lists, name));
  const any = `(${names.map((name) => name.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')).join('|')})`;
  const lines = await linesOf(files, [`^(Package|Provides): (.*, *)?${any}([ ,:(]|$)`], signal);
  const known = lines.flatMap((line) => line.replace(/^\w+: /, '').split(','));
  const all = new Set(known.map((name) => name.trim().replace(/[\s:(].*$/, '')));
  return new Set(names.filter((name) => all.has(name)));
}

/** @param indexFiles absolute paths of the files that count */
export async function readBaseNames(indexFiles: readonly string[], signal?: AbortSignal): Promise<BaseNames> {
  const found: Record<string, string[]> = { 'Priority: required': [], 'Essential: yes': [], 'Priority: important': [] };
  const fields = Object.keys(found).map((line) => `^${line}$`);
  let name = ''; // a paragraph begins with it
  for (const line of await linesOf(indexFiles, ['^Package: ', ...fields], signal)) {
    if (line.startsWith('Package: ')) name = line.slice(9);
    else found[line]?.push(name);
  }
  const [required = [], essential = [], important = []] = Object.values(found);
  return { required: [...new Set([...required, ...essential])], important: [...new Set(important)] };
}

/** An index has some 50 MB: grep finds the few lines that count in a fraction of the time that reading it here would take. */
async function linesOf(
  files: readonly string[],
  patterns: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const expressions = patterns.flatMap((pattern) => ['-e', pattern]);
  const { stdout } = await run('grep', ['-E', '--no-filename', '--text', ...expressions, '--', ...files], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    okStatuses: [0, 1],
    signal,
  });
  return stdout.split('\n');
}
