import { lstatSync, readdirSync } from 'node:fs';

/** The nodes of a `/dev` that devtmpfs will cover, with the modes that udev gives them. */
const DEVICE_NODES = [
  { name: 'console', major: 5, minor: 1, mode: '020600' },
  { name: 'full', major: 1, minor: 7, mode: '020666' },
  { name: 'null', major: 1, minor: 3, mode: '020666' },
  { name: 'ptmx', major: 5, minor: 2, mode: '020666' },
  { name: 'random', major: 1, minor: 8, mode: '020666' },
  { name: 'tty', major: 5, minor: 0, mode: '020666' },
  { name: 'urandom', major: 1, minor: 9, mode: '020666' },
  { name: 'zero', major: 1, minor: 5, mode: '020666' },
] as const;

/**
 * Commands for debugfs that give a root filesystem the device nodes its tree lacks; without root no tree can hold any.
 * @returns empty where the tree has no `/dev` or already all nodes
 */
export function staticDeviceCommands(tree: string): string {
  const present = entriesOf(`${tree}/dev`);
  if (present === undefined) return '';
  const missing = DEVICE_NODES.filter((node) => !present.includes(node.name));
  if (missing.length === 0) return '';
  // A path behind mknod would become part of the name, so the folder has to be entered.
  const commands = missing.flatMap(({ name, major, minor, mode }) => [
    `mknod ${name} c ${major} ${minor}`,
    `set_inode_field ${name} mode ${mode}`,
  ]);
  return `${['cd /dev', ...commands].join('\n')}\n`;
}

function entriesOf(folder: string): readonly string[] | undefined {
  const isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? readdirSync(folder) : undefined;
}
