import { access } from 'node:fs/promises';
import { filesystemsOf } from '../disk/fstab.ts';
import type { Privilege } from '../host/namespaces.ts';
import { requireTools } from '../host/tool-check.ts';
import type { DiskLayout } from '../model/disk.ts';
import { IngotError, type Issue } from '../model/error.ts';
import type { BuildRequest } from '../model/request.ts';
import type { DeviceReason } from '../plan/device-mode.ts';
import type { BuilderTask } from './builder-protocol.ts';

/** Something in a build that cannot be done without a block device of the kernel. */
export interface DeviceNeed extends Issue {
  /** Programs that it takes. */
  readonly tools: readonly string[];
  /** Why there is none in this build, whatever the machine has. */
  readonly obstacle?: string | undefined;
}

/** Filesystems that only the kernel can fill. */
export function filesystemNeeds(layout: DiskLayout, file: string): readonly DeviceNeed[] {
  return filesystemsOf(layout)
    .filter(({ type }) => type === 'xfs')
    .map(({ name, type }) => ({
      message: `The filesystem "${name}" is of type ${type}, which is filled through a kernel block device`,
      place: { file },
      hint: `Build as root, or choose another type, such as ext4 (FS_TYPE, or "type" of "${name}").`,
      tools: ['losetup', 'mkfs.xfs'],
    }));
}

/**
 * Refuses what the kernel's device-mapper alone can do: ingot does without it.
 * @param file name of the layout
 * @throws IngotError `DEVICE_NEEDED` with every need as an issue
 */
export function refuseMapperNeeds(issues: readonly Issue[], file: string): void {
  const [first] = issues;
  if (first === undefined) return;
  const message =
    issues.length === 1 ? first.message : `${issues.length} things in the block-device layout need device-mapper`;
  throw new IngotError('DEVICE_NEEDED', message, { place: first.place ?? { file }, issues, hint: first.hint });
}

/** What it takes that the last phases run on a block device. */
export function hookNeeds(
  reasons: readonly DeviceReason[],
  { deviceMode }: Pick<BuildRequest, 'deviceMode'>,
): DeviceNeed[] {
  const obstacle = deviceMode === 'never' ? 'DIB_DEVICE_MODE is "never"' : undefined;
  return reasons.map(({ text, hook }) => ({
    message: `This build needs a kernel block device, because ${text}`,
    ...(hook === undefined ? {} : { place: { file: hook.source } }),
    hint: `Build as root; or ${hook?.phase === 'block-device.d' ? LAYOUT_INSTEAD : NAMES_INSTEAD}.`,
    tools: ['losetup', 'partx', 'fstrim', 'fallocate'],
    obstacle,
  }));
}

const LAYOUT_INSTEAD = 'describe the disk in a block-device layout in place of the hook';
const NAMES_INSTEAD = 'set DIB_DEVICE_MODE=never, where the hook does no more than name the disk to others';

/**
 * Makes sure, before anything long begins, that this process may have the block devices that a build needs.
 * @throws IngotError `DEVICE_NEEDED` with every need as an issue, `TOOL_MISSING`
 */
export async function refuseUnmetNeeds(
  needs: readonly DeviceNeed[],
  { privilege, request }: Pick<BuilderTask, 'privilege' | 'request'>,
): Promise<void> {
  const machine = await obstacleOf(privilege);
  const unmet = needs.flatMap((need) => {
    const obstacle = machine ?? need.obstacle;
    return obstacle === undefined ? [] : [{ ...need, message: `${need.message}, and ${obstacle}` }];
  });
  const [first] = unmet;
  if (first !== undefined) {
    const message = unmet.length === 1 ? first.message : `${unmet.length} things in this build need a block device`;
    const issues = unmet.map(({ message: text, place, hint }) => ({ message: text, place, hint }));
    throw new IngotError('DEVICE_NEEDED', message, {
      place: first.place,
      hint: first.hint,
      issues: issues.length === 1 ? undefined : issues,
    });
  }
  const tools = [...new Set(needs.flatMap((need) => need.tools))];
  await requireTools(tools, 'a kernel block device', request.environment.PATH ?? '');
}

async function obstacleOf(privilege: Privilege): Promise<string | undefined> {
  if (privilege !== 'root') return 'only root can make one';
  return await access('/dev/loop-control').then(
    () => undefined,
    () => 'the machine has no /dev/loop-control',
  );
}
