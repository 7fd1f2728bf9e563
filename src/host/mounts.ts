import { readFileSync, writeFileSync } from 'node:fs';
import { mountTable } from './mount-table.ts';
import { run, runForStatus } from './process.ts';

export interface OverlayMount {
  /** Folders below, the uppermost first; relative paths count from `cwd`. At least one. */
  readonly lowers: readonly string[];
  /** Absent for a read-only view. */
  readonly writable?: { readonly upper: string; readonly work: string };
  readonly target: string;
  /** Folder from which relative paths count: the kernel takes one page of options, so short names matter. */
  readonly cwd: string;
  /** True inside a user namespace, where overlayfs keeps its marks in `user.*` attributes. */
  readonly isUserNamespace: boolean;
}

/**
 * Mounts an overlay and makes a folder visible in it, by one run of mount(8). `volatile` leaves out every sync: what a crash of the machine
 * damages is a layer that is not yet trusted.
 * @param shown folder to show, with what is mounted below it, at an existing folder of the overlay
 * @param table path of a file to write the mounts to, in the form of fstab(5)
 */
export async function mountOverlay(
  overlay: OverlayMount,
  shown: { readonly source: string; readonly target: string },
  table: string,
): Promise<void> {
  const options = [`lowerdir=${overlay.lowers.join(':')}`];
  if (overlay.writable)
    options.push(`upperdir=${overlay.writable.upper}`, `workdir=${overlay.writable.work}`, 'volatile');
  if (overlay.isUserNamespace) options.push('userxattr');
  const mounts = [
    { source: 'ingot', target: overlay.target, type: 'overlay', options: options.join(',') },
    { ...shown, type: 'none', options: 'rbind' },
  ];
  writeFileSync(table, mountTable(mounts));
  await run('mount', ['--all', '--fstab', table], { cwd: overlay.cwd });
}

/** Makes a folder or file, with what is mounted below it, visible at another place. */
export async function mountBind(source: string, target: string): Promise<void> {
  await run('mount', ['--rbind', source, target]);
}

/** Makes a folder visible at another place, with what is mounted below it, so that nothing can be written to it there. */
export async function mountReadOnly(source: string, target: string): Promise<void> {
  await mountBind(source, target);
  for (const point of mountsAtOrBelow(target)) await run('mount', ['-o', 'remount,bind,ro', point]);
}

/** Takes a mount from one place to another. */
export async function moveMount(from: string, to: string): Promise<void> {
  // mount(8) would note the move in a file of /run, which is not for root of a user namespace to write.
  await run('mount', ['--no-mtab', '--move', from, to]);
}

/** Mounts an empty memory filesystem that only its owner may enter. */
export async function mountTmpfs(target: string): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'ingot', target]);
}

/** Mounts the filesystem of a block device until it is disposed. Then everything is written to the device, or it throws `TOOL_FAILED`. */
export async function mountDevice(
  device: string,
  target: string,
  options: readonly string[] = [],
): Promise<AsyncDisposable> {
  await run('mount', [...(options.length === 0 ? [] : ['-o', options.join(',')]), device, target]);
  return { [Symbol.asyncDispose]: async () => await unmount(target) };
}

/**
 * Mounts an ext2, ext3 or ext4 filesystem inside a file for reading, by a program in place of the kernel, until it is disposed. Its journal
 * is left alone.
 * @param offset first byte of the filesystem in the file
 * @throws IngotError `TOOL_MISSING`, `TOOL_FAILED`
 */
export async function mountFuseExt(file: string, offset: number, target: string): Promise<AsyncDisposable> {
  await run('fuse2fs', [file, target, '-o', `ro,norecovery,offset=${offset}`]);
  return { [Symbol.asyncDispose]: async () => await unmount(target) };
}

/** Unmounts one filesystem. Throws `TOOL_FAILED` while something uses it. */
export async function unmount(target: string): Promise<void> {
  await run('umount', [target]);
}

/** Unmounts everything at and below a folder, deepest first. */
export async function unmountTree(target: string): Promise<void> {
  if (mountsAtOrBelow(target).length === 0) return;
  const { status } = await runForStatus('umount', ['--recursive', target]);
  if (status === 0) return;
  // A busy mount must not keep the build from going on: detached, it ends with the namespace at the latest.
  for (const point of mountsAtOrBelow(target).reverse()) await run('umount', ['--lazy', point]);
}

/** Mount points at or below a folder, every one after those that it lies below. A moved mount keeps its old place in the kernel's list. */
export function mountsAtOrBelow(folder: string): string[] {
  const table = readFileSync('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) => unescapeMountPoint(line.split(' ')[4] ?? ''))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .sort((one, other) => depthOf(one) - depthOf(other));
}

function depthOf(point: string): number {
  return point.split('/').length;
}

function unescapeMountPoint(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
