import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diskFile } from '../disk/assemble-disk.ts';
import { openDeviceDisk } from '../disk/device-disk.ts';
import { makeDeviceNodes } from '../disk/device-nodes.ts';
import { factsOf } from '../formats/registry.ts';
import { holdLoopsOf } from '../host/loop-device.ts';
import { mountBind } from '../host/mounts.ts';
import { runForStatus } from '../host/process.ts';
import type { ImageFormat } from '../model/artifact.ts';
import { IngotError } from '../model/error.ts';
import { callersDevice, type StepsByDisk } from '../plan/device-mode.ts';
import type { Step } from '../plan/steps.ts';
import { assertOpenTree } from './assert-tree.ts';
import type { BuildContext, DiskDevices } from './build-context.ts';
import { asStep, DISK_STEP, diskAssembly, FILES_STEP, writeImageFiles } from './make-image.ts';
import { copyOwnDisk, fillOwnDisk, refuseNoDevice, unmountOwnDisk } from './own-disk.ts';
import { startEnvironment } from './run-hook.ts';
import { removeGrubStandIns, writeTable } from './run-step.ts';
import { runUnlayered } from './run-steps.ts';

const EVAL_BLOCK_DEVICE = fileURLToPath(new URL('../../lib/eval-block-device', import.meta.url));

/**
 * Carries the last steps of a build out on a block device of the kernel, from block-device.d to the image files. The layers of the build
 * are restored; nothing from here on is one.
 * @throws IngotError of whatever failed first
 */
export async function castOnDevice(context: BuildContext, { making, on }: Omit<StepsByDisk, 'before'>): Promise<void> {
  const { tree, task } = context;
  const beneath = join(task.folders.build, 'built');
  await tree.open();
  try {
    await using made = new AsyncDisposableStack();
    // Also what a hook has made that failed then.
    made.defer(async () => await (await holdLoopsOf(ownFolders(context)))[Symbol.asyncDispose]());
    await mkdir(beneath);
    await mountBind(tree.root, beneath);
    const own = await ownDevice(context, making);
    made.use(await holdLoopsOf(ownFolders(context)));
    if (own === undefined) await castOnLayout(context, on, beneath);
    else await castOnOwn(context, on, { device: own, beneath });
  } finally {
    await tree.close();
  }
}

/** Where hooks keep the files of loop devices that go with the build. */
function ownFolders({ task }: BuildContext): readonly string[] {
  return [task.folders.build, task.folders.image];
}

/** The device that hooks of block-device.d or the caller have made for the image. Then the layout is left out. */
async function ownDevice(context: BuildContext, steps: readonly Step[]): Promise<string | undefined> {
  const lines: string[] = [];
  const emit: BuildContext['emit'] = (event) => {
    if (event.kind === 'step-output' && event.stream === 'stdout') lines.push(event.line);
    context.emit(event);
  };
  await runUnlayered({ ...context, emit }, steps);
  const input = lines.filter((line) => line.includes('IMAGE_BLOCK_DEVICE=')).join('\n');
  if (input === '') return callersDevice(context.request);
  const env = await startEnvironment(context, 'block-device.d');
  const { status, stdout, tail } = await runForStatus(EVAL_BLOCK_DEVICE, [], { env, input });
  if (status === 0) {
    if (stdout !== '') await refuseNoDevice(stdout);
    return stdout || undefined;
  }
  throw new IngotError('HOOK_FAILED', 'What block-device.d printed about IMAGE_BLOCK_DEVICE cannot be evaluated', {
    hint: 'A hook has to print a line such as IMAGE_BLOCK_DEVICE=/dev/loop0.',
    tail,
    exitStatus: status,
  });
}

/** The disk of the layout, made as always and then attached and mounted. */
async function castOnLayout(context: BuildContext, steps: readonly Step[], beneath: string): Promise<void> {
  const { tree } = context;
  await using disk = await asStep(context, DISK_STEP, async () => {
    await writeTable(context);
    return await openDeviceDisk(await diskAssembly(context), beneath);
  });
  tree.claimMounts();
  await runUnlayered(onDisk(context, disk.devices), steps);
  await writeFiles(context, async () => {
    await makeDeviceNodes(tree.root);
    await disk.finish();
  });
}

/** A disk that is none of ours: nothing is formatted or mounted here. */
async function castOnOwn(
  context: BuildContext,
  steps: readonly Step[],
  { device, beneath }: { readonly device: string; readonly beneath: string },
): Promise<void> {
  const { tree } = context;
  await asStep(context, DISK_STEP, async () => {
    context.emit({
      kind: 'message',
      level: 'info',
      text: `The image is on ${device}; the block-device layout is left out.`,
    });
    await fillOwnDisk(tree.root, beneath);
    await removeGrubStandIns(tree.root);
  });
  tree.claimMounts();
  await runUnlayered(onDisk(context, { main: device }), steps);
  await writeFiles(context, async () => await unmountOwnDisk(tree.root), device);
}

/**
 * Writes archives while the tree is there, and files of the disk when nobody writes to it any more.
 * @param device of a disk that is none of ours
 */
async function writeFiles(context: BuildContext, closeDisk: () => Promise<void>, device?: string): Promise<void> {
  await assertOpenTree(context);
  const { formats } = context.request;
  const rawDisk = diskFile(context.task.folders.image, 'image0');
  const from = (source: 'tree' | 'disk'): readonly ImageFormat[] =>
    formats.filter((format) => factsOf(format).source === source);
  const write = async () => {
    await writeImageFiles(context, from('tree'));
    await closeDisk();
    if (from('disk').length > 0 && device !== undefined) await copyOwnDisk(device, rawDisk);
    await writeImageFiles(context, from('disk'));
  };
  if (formats.length === 0) await closeDisk();
  else await asStep(context, FILES_STEP, write);
}

/** What the last phases see: the devices, also in the chroot. */
function onDisk(context: BuildContext, devices: DiskDevices): BuildContext {
  const nodes = new Set([devices.main, ...Object.values(devices.byName ?? {})]);
  const binds = [...nodes].map((node) => ({ source: node, target: node, isReadOnly: false }));
  return { ...context, devices, chrootBinds: async () => [...(await context.chrootBinds()), ...binds] };
}
