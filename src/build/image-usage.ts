import { run } from '../host/process.ts';
import { formatBytes, MIB } from '../model/bytes.ts';
import type { BuildContext } from './build-context.ts';

/** From this size on a file or folder is listed, unless everything is. */
const LARGE_BYTES = 10 * MIB;

/** Tells what takes room in the finished tree, the largest first, where the request wants to know (`DIB_SHOW_IMAGE_USAGE`). */
export async function tellImageUsage({ request, tree, emit }: BuildContext): Promise<void> {
  if (request.showsImageUsage === 'no') return;
  const least = request.showsImageUsage === 'full' ? 0 : LARGE_BYTES;
  const entries = await measuredEntries(tree);
  const shown = entries.filter((entry) => entry.bytes >= least).sort((one, other) => other.bytes - one.bytes);
  const title = least === 0 ? 'Image size report' : `Image size report (${formatBytes(least)} and more)`;
  emit({ kind: 'message', level: 'info', text: title });
  for (const { bytes, path } of shown)
    emit({ kind: 'message', level: 'info', text: `${formatBytes(bytes).padStart(9)} ${path}` });
}

interface Entry {
  readonly bytes: number;
  /** Absolute, as seen in the tree. */
  readonly path: string;
}

/** Every file and folder of a tree, with what it and what is below it takes on disk. */
async function measuredEntries(tree: BuildContext['tree']): Promise<readonly Entry[]> {
  await tree.open();
  try {
    const { stdout } = await run('du', ['--all', '--block-size=1', '--null', '.'], { cwd: tree.root });
    return stdout
      .split('\0')
      .filter((line) => line !== '')
      .map(readEntry);
  } finally {
    await tree.close();
  }
}

function readEntry(line: string): Entry {
  const [bytes = '', path = ''] = line.split('\t', 2);
  return { bytes: Number(bytes), path: path === '.' ? '/' : path.slice(1) };
}
