import { lstatSync, readdirSync } from 'node:fs';
import { run } from '../host/process.ts';

/** The nodes of a `/dev` that devtmpfs will cover, with the modes that udev gives them. */
const DEVICE_NODES = [
  { name: 'console', major: 5, minor: 1, mode: '0600' },
  { name: 'full', major: 1, minor: 7, mode: '0666' },
  { name: 'null', major: 1, minor: 3, mode: '0666' },
  { name: 'ptmx', major: 5, minor: 2, mode: '0666' },
  { name: 'random', major: 1, minor: 8, mode: '0666' },
  { name: 'tty', major: 5, minor: 0, mode: '0666' },
  { name: 'urandom', major: 1, minor: 9, mode: '0666' },
  { name: 'zero', major: 1, minor: 5, mode: '0666' },
] as const;

/** A device node that a root filesystem should have. */
type DeviceNode = (typeof DEVICE_NODES)[number];

/** The device nodes that a tree lacks; without root no tree can hold any. None where it has no `/dev`. */
export function missingDeviceNodes(tree: string): readonly DeviceNode[] {
  const present = entriesOf(`${tree}/dev`);
  return present === undefined ? [] : DEVICE_NODES.filter((node) => !present.includes(node.name));
}

/** Gives a mounted root filesystem the device nodes that its `/dev` lacks. Only root can. */
export async function makeDeviceNodes(root: string): Promise<void> {
  for (const { name, major, minor, mode } of missingDeviceNodes(root))
    await run('mknod', [`--mode=${mode}`, `${root}/dev/${name}`, 'c', String(major), String(minor)]);
}

/**
 * Commands for debugfs that give a root filesystem the device nodes its tree lacks.
 * @returns empty where the tree has no `/dev` or already all nodes
 */
export function staticDeviceCommands(tree: string): string {
  const missing = missingDeviceNodes(tree);
  if (missing.length === 0) return '';
  // A path behind mknod would become part of the name, so the folder has to be entered.
  const commands = missing.flatMap(({ name, major, minor, mode }) => [
    `mknod ${name} c ${major} ${minor}`,
    `set_inode_field ${name} mode 02${mode}`,
  ]);
  return `${['cd /dev', ...commands].join('\n')}\n`;
}

function entriesOf(folder: string): readonly string[] | undefined {
  const isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? readdirSync(folder) : undefined;
}
