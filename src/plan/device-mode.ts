import type { Hook } from '../model/element.ts';
import type { Phase } from '../model/phase.ts';
import type { BuildRequest } from '../model/request.ts';
import type { Step } from './steps.ts';

/** Why the last phases of a build run on a block device of the kernel. */
export interface DeviceReason {
  /** In words, such as `finalise.d/50-x of element one reads IMAGE_BLOCK_DEVICE`. */
  readonly text: string;
  /** Undefined where the caller wants it so. */
  readonly hook?: Hook;
}

export interface DeviceWish {
  readonly hooks: Readonly<Partial<Record<Phase, readonly Hook[]>>>;
  readonly textOf: (hook: Hook) => string;
  readonly request: Pick<BuildRequest, 'deviceMode' | 'environment'>;
}

/** Phases whose hooks find a disk in `IMAGE_BLOCK_DEVICE`. */
const PHASES_WITH_DISK = ['pre-finalise.d', 'finalise.d', 'cleanup.d'] as const;

/**
 * Why a build needs a block device; no reason where it does without.
 *
 * A hook of block-device.d makes one. A hook of the final tree that reads `IMAGE_BLOCK_DEVICE` or `IMAGE_BLOCK_DEVICES` may do anything with
 * it, unless it speaks of GRUB: such hooks hand the name to `grub-install`, and the programs that stand in for it need no device.
 */
export function deviceReasons({ hooks, textOf, request }: DeviceWish): readonly DeviceReason[] {
  const making = (hooks['block-device.d'] ?? []).map((hook) => ({ hook, text: `${nameOf(hook)} makes one` }));
  if (request.deviceMode === 'never') return making;
  const given = callersDevice(request);
  const reading = PHASES_WITH_DISK.flatMap((phase) => hooks[phase] ?? [])
    .filter((hook) => readsDevice(textOf(hook)))
    .map((hook) => ({ hook, text: `${nameOf(hook)} reads IMAGE_BLOCK_DEVICE` }));
  return [
    ...(request.deviceMode === 'always' ? [{ text: 'DIB_DEVICE_MODE is "always"' }] : []),
    ...(given === undefined ? [] : [{ text: `the variable IMAGE_BLOCK_DEVICE is ${given}` }]),
    ...making,
    ...reading,
  ];
}

/** The device that the caller has made for the image; the layout is left out then. */
export function callersDevice({ environment }: Pick<BuildRequest, 'environment'>): string | undefined {
  return environment.IMAGE_BLOCK_DEVICE || undefined;
}

/** False where a disk of the caller's or of a hook of block-device.d may take the place of the layout. */
export function isLayoutSure(hooks: DeviceWish['hooks'], request: Pick<BuildRequest, 'environment'>): boolean {
  return callersDevice(request) === undefined && (hooks['block-device.d'] ?? []).length === 0;
}

/** Steps of a build by what the disk is to them. */
export interface StepsByDisk {
  /** Up to the end of the tree. */
  readonly before: readonly Step[];
  /** Those that may make the disk. */
  readonly making: readonly Step[];
  /** Those that find it made. */
  readonly on: readonly Step[];
}

/** Divides the steps of a build whose last phases run on a block device. */
export function splitAtDisk(steps: readonly Step[]): StepsByDisk {
  const end = steps.findIndex((step) => step.kind === 'fstab') + 1;
  const isMaking = (step: Step) => step.phase === 'block-device.d';
  const after = steps.slice(end);
  return { before: steps.slice(0, end), making: after.filter(isMaking), on: after.filter((step) => !isMaking(step)) };
}

function readsDevice(text: string): boolean {
  return namesDevice(text) && !/grub/i.test(codeOf(text));
}

/** True for the text of a hook that reads `IMAGE_BLOCK_DEVICE` or `IMAGE_BLOCK_DEVICES`, for whatever use. */
export function namesDevice(text: string): boolean {
  return /\bIMAGE_BLOCK_DEVICES?\b/.test(codeOf(text));
}

/** A text without lines that are comments. */
function codeOf(text: string): string {
  return text.replace(/^\s*#.*$/gm, '');
}

function nameOf({ phase, name, element }: Hook): string {
  return `${phase}/${name} of element ${element}`;
}
