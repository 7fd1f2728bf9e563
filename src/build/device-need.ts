import { access } from 'node:fs/promises';
import { filesystemsOf } from '../disk/fstab.ts';
import type { Privilege } from '../host/namespaces.ts';
import { requireTools } from '../host/tool-check.ts';
import type { DiskLayout } from '../model/disk.ts';
import { IngotError, type Issue } from '../model/error.ts';

/** Something in a build that cannot be done without a block device of the kernel. */
export interface DeviceNeed extends Issue {
  /** Programs that it takes. */
  readonly tools: readonly string[];
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

/**
 * Makes sure, before anything long begins, that this process may have the block devices that a build needs.
 * @param searchPath the caller's `PATH`
 * @throws IngotError `DEVICE_NEEDED` with every need as an issue, `TOOL_MISSING`
 */
export async function refuseUnmetNeeds(
  needs: readonly DeviceNeed[],
  privilege: Privilege,
  searchPath: string,
): Promise<void> {
  const [first] = needs;
  if (first === undefined) return;
  const obstacle = await obstacleFor(privilege);
  if (obstacle !== undefined) {
    const message =
      needs.length === 1 ? first.message : `${needs.length} things in this build need a kernel block device`;
    const issues = needs.length === 1 ? undefined : needs;
    throw new IngotError('DEVICE_NEEDED', `${message}, and ${obstacle}`, {
      place: first.place,
      hint: first.hint,
      issues,
    });
  }
  const tools = [...new Set(needs.flatMap((need) => need.tools))];
  await requireTools(tools, 'a kernel block device', searchPath);
}

async function obstacleFor(privilege: Privilege): Promise<string | undefined> {
  if (privilege !== 'root') return 'only root can make one';
  return await access('/dev/loop-control').then(
    () => undefined,
    () => 'the machine has no /dev/loop-control',
  );
}
