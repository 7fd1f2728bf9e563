import { rmSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { targetDevices, targetFacts } from '../disk/target-facts.ts';
import {
  CHANNEL_IN_TREE,
  contractEnvironment,
  type EnvironmentFacts,
  HOOKS_IN_TREE,
} from '../elements/contract-environment.ts';
import { RUN_HOOK, sourcedEnvironment, sourceEnvironment } from '../elements/source-environment.ts';
import { runInChroot } from '../host/chroot.ts';
import type { Bind } from '../host/chroot-mounts.ts';
import { type RunResult, runForStatus } from '../host/process.ts';
import type { Hook } from '../model/element.ts';
import { IngotError, type SourcePlace } from '../model/error.ts';
import { PHASES, type Phase } from '../model/phase.ts';
import type { Environment } from '../model/request.ts';
import { namesDevice } from '../plan/device-mode.ts';
import type { BuildContext } from './build-context.ts';
import { hookHint } from './hook-hint.ts';
import { readImageSize } from './image-size-record.ts';
import { HOST_PROGRAMS } from './library-files.ts';
import { faultText } from './request-channel.ts';
import { refreshResolver } from './resolver.ts';

export type OnLine = (line: string, stream: 'stdout' | 'stderr') => void;

/**
 * Runs one hook on its side, in a PID namespace of its own, with the environment of its phase.
 * @throws IngotError `HOOK_FAILED` with the hook's status, the line where bash tells, and the end of its output
 */
export async function runHook(context: BuildContext, hook: Hook, env: Environment, onLine: OnLine): Promise<void> {
  rmSync(join(context.channelFolder, 'failed-at'), { force: true });
  context.takeRequestFault();
  const path = `${hook.phase}/${hook.name}`;
  const result =
    PHASES[hook.phase].side === 'host'
      ? await runOnHost(context, join(context.tree.hooks, path), env, onLine)
      : await runInTree(context, [`${CHANNEL_IN_TREE}/run-hook`, `${HOOKS_IN_TREE}/${path}`], env, onLine);
  if (result.status !== 0) throw await hookFailure(context, hook, result);
}

/**
 * Runs a command inside the root tree as hooks run there.
 * @param binds what it sees beside what hooks see
 */
export async function runInTree(
  context: BuildContext,
  command: readonly string[],
  env: Environment,
  onLine: OnLine,
  binds: readonly Bind[] = [],
): Promise<RunResult> {
  refreshResolver(context.tree.root);
  const hook = command.at(-1) ?? '';
  return await runInChroot({
    tree: context.tree.root,
    scratch: context.store.scratchFolder,
    command,
    env: { ...env, INGOT_HOOK: hook, BASH_ENV: `${CHANNEL_IN_TREE}/note-failure` },
    binds: [...(await context.chrootBinds()), ...binds],
    onLine,
    collects: false,
  });
}

/**
 * The environment of a phase's hooks: the contract's, with what `environment.d` makes of it on the phase's side.
 * The build tree must be open.
 * @throws IngotError `HOOK_FAILED` naming file and line
 */
export async function phaseEnvironment(context: BuildContext, phase: Phase, onLine: OnLine): Promise<Environment> {
  const before = await startEnvironment(context, phase);
  if (PHASES[phase].side === 'host') {
    const folder = join(context.tree.hooks, 'environment.d');
    const { workingFolder } = context.request;
    return await sourceEnvironment({
      folder,
      env: before,
      cwd: workingFolder,
      scratch: context.channelFolder,
      nodes: context.nodes,
      onLine,
    });
  }
  const result = join(context.channelFolder, 'environment');
  const command = [
    `${CHANNEL_IN_TREE}/source-environment`,
    `${HOOKS_IN_TREE}/environment.d`,
    `${CHANNEL_IN_TREE}/environment`,
  ];
  const { status, tail } = await runInTree(context, command, before, onLine);
  const sourced = await readFile(result).catch(() => undefined);
  await rm(result, { force: true });
  const {
    INGOT_HOOK: _hook,
    BASH_ENV: _bash,
    ...env
  } = sourcedEnvironment({ status, tail, result: sourced }, before, context.nodes);
  return env;
}

/** The environment of a phase before `environment.d`. */
export async function startEnvironment(context: BuildContext, phase: Phase): Promise<Environment> {
  const imageSizeKib = PHASES[phase].isSized ? await readImageSize(context.task.folders.build) : undefined;
  const facts = {
    ...context.environmentFacts,
    imageSizeKib,
    ...(PHASES[phase].isFinalTree ? await showDisk(context) : {}),
  };
  const env: Environment = {
    ...contractEnvironment(facts, phase),
    SOURCE_DATE_EPOCH: String(context.repositories.epoch),
  };
  return PHASES[phase].side === 'host' ? { ...env, PATH: `${HOST_PROGRAMS}:${env.PATH ?? ''}` } : env;
}

/** From the final tree on, hooks know the disk: names for its devices, and answers for the boot loader's programs. */
async function showDisk(context: BuildContext): Promise<Pick<EnvironmentFacts, 'blockDevices'>> {
  const { layout, identity, channelFolder, devices = targetDevices(layout.layout) } = context;
  const { main, byName } = devices;
  if (byName === undefined) return { blockDevices: { main } };
  await mkdir(join(channelFolder, 'boot'), { recursive: true });
  await writeFile(join(channelFolder, 'boot/layout'), targetFacts(layout.layout, identity, { main, byName }));
  return { blockDevices: { main, byName } };
}

async function runOnHost(context: BuildContext, path: string, env: Environment, onLine: OnLine): Promise<RunResult> {
  return await runForStatus('unshare', ['--pid', '--fork', '--kill-child=KILL', RUN_HOOK, path], {
    cwd: context.request.workingFolder,
    env: { ...env, INGOT_HOOK: path, BASH_ENV: join(context.channelFolder, 'note-failure') },
    onLine,
    collects: false,
    pipesIn: context.store.scratchFolder,
  });
}

async function hookFailure(context: BuildContext, hook: Hook, result: RunResult): Promise<IngotError> {
  const noted = await readFile(join(context.channelFolder, 'failed-at'), 'utf8').catch(() => '');
  const [line = '', file = '', command = ''] = noted.split('\n');
  const isOwn = file.endsWith(`${hook.phase}/${hook.name}`);
  const place: SourcePlace = line !== '' && isOwn ? { file: hook.source, line: Number(line) } : { file: hook.source };
  const what = command === '' ? '' : ` at: ${command}`;
  const subject = `${hook.phase}/${hook.name} of element ${hook.element} ended with status ${result.status}${what}`;
  const details = { place, tail: result.tail, exitStatus: result.status };
  // What the builder could not do for the hook says more than that the hook failed of it.
  const fault = context.takeRequestFault();
  if (fault !== undefined && isToldAtEnd(fault, result))
    return new IngotError(fault.code, `${fault.message}; ${subject}`, { ...fault.details, ...details });
  return new IngotError('HOOK_FAILED', subject, {
    ...details,
    hint: [...(hasNameOnly(context, hook) ? [DEVICE_HINT] : []), hookHint(hook.phase, result)].join(' '),
  });
}

/** True where a hook reads a disk that is not there: it counted as one of GRUB's, or was told to do without. */
function hasNameOnly({ devices, inputs }: BuildContext, hook: Hook): boolean {
  return PHASES[hook.phase].isFinalTree && devices === undefined && namesDevice(inputs.textOf(hook));
}

const DEVICE_HINT =
  'In this build IMAGE_BLOCK_DEVICE is a name and no device. If the hook needs the device, set DIB_DEVICE_MODE=always and build as root.';

/** A hook may have gone on after a failed request, and have failed of something else. */
function isToldAtEnd(fault: IngotError, { tail }: RunResult): boolean {
  return tail.slice(-12).includes(faultText(fault).split('\n').at(-1) ?? '');
}
