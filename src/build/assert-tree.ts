import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkAssertions } from '../assertions/check-assertions.ts';
import { runInChroot } from '../host/chroot.ts';
import { mountReadOnly, unmountTree } from '../host/mounts.ts';
import { isErrno } from '../model/errno.ts';
import type { StepSummary } from '../model/events.ts';
import type { BuildContext } from './build-context.ts';
import { asStep } from './make-image.ts';

export const ASSERTIONS_STEP = { id: 'assertions', title: 'assertions' } as const satisfies StepSummary;

/** Environment of commands inside of the tree. */
const INSIDE = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  LC_ALL: 'C',
};

/** Folders that a command inside of the tree needs; on the left those that it may write to. */
const WRITABLE = ['tmp', 'run'] as const;
const MOUNT_POINTS = ['proc', 'dev', 'sys', ...WRITABLE] as const;

/** True where the build has to look at the finished tree. */
export function hasAssertions({ task }: BuildContext): boolean {
  return task.assertions.length > 0;
}

/** Opens the finished tree, looks whether all is true that was said of it, and gives up whatever that wrote. Throws as `assertOpenTree`. */
export async function assertFinishedTree(context: BuildContext): Promise<void> {
  if (!hasAssertions(context)) return;
  await context.tree.open();
  try {
    await assertOpenTree(context);
  } finally {
    await context.tree.close();
  }
}

/**
 * Looks whether all is true that was said of the open tree. Programs see it where nothing can be written to it, with a `/tmp` and a `/run`
 * of their own.
 * @throws IngotError `ASSERTION_FAILED`
 */
export async function assertOpenTree(context: BuildContext): Promise<void> {
  if (!hasAssertions(context)) return;
  await asStep(context, ASSERTIONS_STEP, async () => await assertTree(context));
}

async function assertTree({ tree, task, request }: BuildContext): Promise<void> {
  const scratch = join(task.folders.image, 'assertions');
  const view = join(scratch, 'tree');
  for (const name of ['tree', ...WRITABLE]) await mkdir(join(scratch, name), { recursive: true });
  for (const name of MOUNT_POINTS) await makeFolder(join(tree.root, name));
  const binds = WRITABLE.map((name) => ({ source: join(scratch, name), target: `/${name}`, isReadOnly: false }));
  await mountReadOnly(tree.root, view);
  try {
    await checkAssertions(task.assertions, {
      ...{ tree: view, scratch, environment: request.environment },
      runInside: async (command) => await runInChroot({ tree: view, scratch, command, env: INSIDE, binds }),
    });
  } finally {
    await unmountTree(view);
  }
}

/** What stands there already stays as it is, links too. */
async function makeFolder(path: string): Promise<void> {
  try {
    await lstat(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    await mkdir(path);
  }
}
