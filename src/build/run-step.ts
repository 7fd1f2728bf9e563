import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HOOKS_IN_TREE } from '../elements/contract-environment.ts';
import { IngotError } from '../model/error.ts';
import type { Phase } from '../model/phase.ts';
import type { Environment } from '../model/request.ts';
import { aptError } from '../packages/apt-fault.ts';
import type { Step } from '../plan/steps.ts';
import { openShell } from './break-shell.ts';
import type { BuildContext } from './build-context.ts';
import { settleImageSize } from './image-size-record.ts';
import { GRUB_STAND_INS, INITRAMFS_WISH, STAND_INS } from './library-files.ts';
import { makeInitramfs } from './make-initramfs.ts';
import { lendResolver, returnResolver } from './resolver.ts';
import { type OnLine, runHook, runInTree } from './run-hook.ts';
import { settleDnfHistory } from './settle-dnf-history.ts';
import { tidyTree } from './tidy-tree.ts';

/**
 * Does one step on the open build tree.
 * @returns false when there was nothing to do
 * @throws IngotError of the hook or program that failed
 */
export async function runStep(
  context: BuildContext,
  step: Step,
  environmentOf: (phase: Phase) => Promise<Environment>,
): Promise<boolean> {
  const onLine: OnLine = (line, stream) => context.emit({ kind: 'step-output', step: step.id, stream, line });
  switch (step.kind) {
    case 'hook':
      await runHook(context, step.hook, await environmentOf(step.phase), onLine);
      return true;
    case 'prepare-tree':
      await prepareTree(context);
      return true;
    case 'packages':
      await installPackages(context, step.packages, await environmentOf('install.d'), onLine);
      return true;
    case 'initramfs':
      return await makeInitramfs(context, await environmentOf('install.d'), onLine);
    case 'fstab':
      return await endOfTree(context, step.isLayoutSure);
    case 'finish-tree':
      await finishTree(context);
      return true;
    case 'break':
      await openShell(context, step, await environmentOf(step.phase));
      return true;
    default:
      return step satisfies never;
  }
}

async function prepareTree(context: BuildContext): Promise<void> {
  const { root, hooks } = context.tree;
  await refuseEmptyRoot(context);
  await mkdir(join(root, 'etc'), { recursive: true });
  await mkdir(join(root, 'tmp'), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  await lendResolver(root);
  for (const { source, target } of STAND_INS) {
    await mkdir(dirname(join(root, target)), { recursive: true });
    await copyFile(source, join(root, target));
  }
  const installType = `export DIB_DEFAULT_INSTALLTYPE=\${DIB_DEFAULT_INSTALLTYPE:-"${context.request.defaultInstallType}"}\n`;
  await mkdir(join(hooks, 'environment.d'), { recursive: true });
  await writeFile(join(hooks, 'environment.d/11-dib-install-type.bash'), installType);
}

async function refuseEmptyRoot({ tree, elements }: BuildContext): Promise<void> {
  const names = await readdir(tree.root);
  if (names.some((name) => name !== 'lost+found' && name !== 'tmp')) return;
  const systems = elements.filter((element) => element.provides.includes('operating-system'));
  const subject = systems.map((element) => element.name).join(', ');
  throw new IngotError('ROOT_EMPTY', `Failed to deploy the root element: ${subject} left the root tree empty`, {
    hint: 'A hook of root.d has to put an operating system into $TARGET_ROOT.',
  });
}

async function installPackages(
  context: BuildContext,
  packages: readonly string[],
  env: Environment,
  onLine: OnLine,
): Promise<void> {
  context.takeRequestFault();
  const { status, tail } = await runInTree(context, ['install-packages', ...packages], env, onLine);
  if (status === 0) return;
  const subject = `Installing the packages ${packages.join(', ')} ended with status ${status}`;
  const details = { tail, exitStatus: status };
  const told = context.takeRequestFault() ?? aptError(tail.join('\n'), packages.join(', '));
  // What apt or the builder says says more than that the installation failed of it.
  if (told.code !== 'TOOL_FAILED')
    throw new IngotError(told.code, `${told.message}; ${subject}`, { ...told.details, ...details });
  throw new IngotError('HOOK_FAILED', subject, { ...details, hint: 'Check the names given with -p.' });
}

/** From here on hooks see the tree as the final filesystem: no mounts of theirs, and a file system table. */
async function endOfTree(context: BuildContext, isLayoutSure: boolean): Promise<boolean> {
  await context.tree.dropLeftMounts();
  await rm(join(context.tree.root, 'lost+found'), { recursive: true, force: true });
  await settleImageSize(context, isLayoutSure);
  if (isLayoutSure) await writeTable(context);
  return true;
}

/** Writes `/etc/fstab` of the layout, where it has lines. */
export async function writeTable({ layout, tree }: BuildContext): Promise<void> {
  if (layout.fstab === '') return;
  await mkdir(join(tree.root, 'etc'), { recursive: true });
  await writeFile(join(tree.root, 'etc/fstab'), layout.fstab);
}

async function finishTree(context: BuildContext): Promise<void> {
  const { root } = context.tree;
  // What is removed below must not be a folder of the host that a hook has made visible here.
  await context.tree.dropLeftMounts();
  await returnResolver(root);
  for (const { source, target } of STAND_INS) await removeCopy(source, join(root, target));
  await rm(join(root, INITRAMFS_WISH), { force: true });
  await rm(join(root, HOOKS_IN_TREE), { recursive: true, force: true });
  await tidyTree(root);
  await settleDnfHistory(root, context.repositories.epoch);
}

/** Leaves the tree's own GRUB to hooks that have made the disk: no layout tells the stand-ins about that one. */
export async function removeGrubStandIns(root: string): Promise<void> {
  for (const { source, target } of GRUB_STAND_INS) await removeCopy(source, join(root, target));
}

/** Removes a copy of a file, unless somebody has put something else in its place. */
async function removeCopy(source: string, copy: string): Promise<void> {
  const content = await readFile(copy).catch(() => undefined);
  if (content?.equals(await readFile(source))) await rm(copy);
}
