import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mountTable, type TableMount } from './mount-table.ts';

/** A folder or file of the host made visible inside the root tree for one command. */
export interface Bind {
  readonly source: string;
  /** Absolute path inside the root tree; created when it is missing. */
  readonly target: string;
  readonly isReadOnly: boolean;
}

/** What a command in a root tree finds mounted there, ready to be mounted. Disposing removes what that took on the host. */
export interface ChrootMounts extends Disposable {
  /** Absolute path of a table for mount(8). */
  readonly table: string;
}

/**
 * Gets ready what is mounted in a root tree for one command: `/proc`, read-only `/sys`, a `/dev` of its own with the standard devices, and the
 * binds. Mount points that the tree lacks are made in it. Errors of the filesystem come as they are.
 * @param scratch absolute path of a folder for the table and for what becomes `/dev`
 */
export function prepareMounts(tree: string, binds: readonly Bind[], scratch: string): ChrootMounts {
  using made = new DisposableStack();
  const own = mkdtempSync(join(scratch, 'chroot-'));
  // A program that was killed may take a moment to end, and to stop writing to its /dev/shm.
  made.defer(() => rmSync(own, { recursive: true, maxRetries: 5 }));
  const dev = join(own, 'dev');
  const table = join(own, 'fstab');
  makeDev(dev);
  for (const folder of ['/proc', '/sys', '/dev']) makeMountPoint(folder, join(tree, folder));
  for (const { source, target } of binds)
    makeMountPoint(source, target.startsWith('/dev/') ? join(own, target) : join(tree, target));
  const mounts = [
    { source: 'proc', target: join(tree, 'proc'), type: 'proc', options: 'defaults' },
    { ...bound('/sys', join(tree, 'sys')), options: 'rbind,ro' },
    ...devMounts(dev, join(tree, 'dev')),
    ...binds.map(({ source, target, isReadOnly }) => ({
      ...bound(source, join(tree, target)),
      options: isReadOnly ? 'rbind,ro' : 'rbind,rw',
    })),
  ];
  writeFileSync(table, mountTable(mounts));
  const owned = made.move();
  return { table, [Symbol.dispose]: () => owned.dispose() };
}

/** A folder for a folder, an empty file for anything else; existing targets are left alone. */
function makeMountPoint(source: string, target: string): void {
  if (existsSync(target)) return;
  const isFolder = statSync(source, { throwIfNoEntry: false })?.isDirectory() ?? false;
  mkdirSync(isFolder ? target : dirname(target), { recursive: true });
  if (!isFolder) writeFileSync(target, '');
}

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'] as const;

const DESCRIPTORS = { fd: '', stdin: '/0', stdout: '/1', stderr: '/2' } as const;

/** All of a `/dev` that can be made without a mount. */
function makeDev(dev: string): void {
  for (const folder of ['', 'pts', 'shm']) mkdirSync(join(dev, folder));
  chmodSync(dev, 0o755);
  chmodSync(join(dev, 'shm'), 0o1777);
  for (const [name, path] of Object.entries(DESCRIPTORS)) symlinkSync(`/proc/self/fd${path}`, join(dev, name));
  for (const name of ['ptmx', ...DEVICES]) writeFileSync(join(dev, name), '');
}

function devMounts(dev: string, target: string): readonly TableMount[] {
  const terminals = { source: 'devpts', target: join(target, 'pts'), type: 'devpts' };
  return [
    bound(dev, target),
    { ...terminals, options: 'newinstance,ptmxmode=0666,mode=0620,gid=5' },
    bound(join(target, 'pts/ptmx'), join(target, 'ptmx')),
    ...DEVICES.map((name) => bound(`/dev/${name}`, join(target, name))),
  ];
}

function bound(source: string, target: string): TableMount {
  return { source, target, type: 'none', options: 'bind' };
}
