import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUNDLED_ELEMENTS } from '../../../src/elements/bundled-elements.ts';
import { readLibrary } from '../../../src/elements/element-library.ts';
import { collectHookTree } from '../../../src/elements/hook-tree.ts';
import { writeHookTree } from '../../../src/elements/hook-tree-writer.ts';
import { sourceEnvironment } from '../../../src/elements/source-environment.ts';
import { prepareMounts } from '../../../src/host/chroot-mounts.ts';
import { inNamespaces, ownPrivilege } from '../../../src/host/namespaces.ts';
import { type RunResult, run, runForStatus } from '../../../src/host/process.ts';
import type { Element } from '../../../src/model/element.ts';
import type { Environment } from '../../../src/model/request.ts';
import { type FileTexts, folderTree } from '../../support/folder-tree.ts';

const ENTER_CHROOT = fileURLToPath(new URL('../../../lib/enter-chroot', import.meta.url));

/** What the tree takes over from the machine, so that its programs work. */
const FILES_OF_THE_MACHINE = ['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'login.defs', 'pam.d'];

const TREE: FileTexts = {
  bin: 'link:usr/bin',
  sbin: 'link:usr/sbin',
  lib: 'link:usr/lib',
  lib64: 'link:usr/lib64',
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
  'etc/shadow': 'root:*:19000:0:99999:7:::\n',
  'etc/group': 'root:x:0:\nstaff:x:50:\n',
  'etc/gshadow': 'root:*::\nstaff:!::\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\n',
  'home/': '',
  'root/': '',
  'tmp/': '',
  'var/': '',
};

/** Parts of the tree's `/usr` that hooks may write; the rest is the machine's own, read-only. */
const OWN_PARTS_OF_USR = ['/usr/local', '/usr/lib/systemd/system', '/usr/share'] as const;

export interface ElementRig extends AsyncDisposable {
  /** The merged hook tree. */
  readonly hooks: string;
  /** The root tree. */
  readonly tree: string;
  readonly elements: readonly Element[];
  /** Path on this side of something in the tree. */
  readonly at: (path: string) => string;
  readonly read: (path: string) => Promise<string>;
  readonly write: (files: FileTexts) => Promise<void>;
  /** Runs a hook of a phase that runs outside of the tree. */
  readonly onHost: (hook: string, env?: Environment) => Promise<RunResult>;
  /** Runs a hook inside the tree. */
  readonly inChroot: (hook: string, env?: Environment) => Promise<RunResult>;
}

/**
 * Some bundled elements with a root tree: `/usr` is the machine's, but `/usr/local`, units and `/usr/share` are the tree's own.
 * @param env variables for every hook, and for `environment.d`
 */
export async function elementRig(names: readonly string[], env: Environment = {}): Promise<ElementRig> {
  const folder = await folderTree({ 'programs/sudo': 'exec:#!/bin/sh\nexec "$@"\n', 'build/mnt/': '', 'caller/': '' });
  const hooks = join(folder.path, 'build/hooks');
  const tree = join(folder.path, 'build/mnt');
  const own = (path: string) => join(folder.path, 'own', path);
  const { elements: library } = readLibrary([], BUNDLED_ELEMENTS);
  const elements = names.flatMap((name) => library.get(name) ?? []);
  const nodes = await collectHookTree(elements);
  writeHookTree(nodes, hooks);
  await folder.write(Object.fromEntries(Object.entries(TREE).map(([path, text]) => [`build/mnt/${path}`, text])));
  await copyMachineFiles(join(tree, 'etc'));
  for (const part of OWN_PARTS_OF_USR) await linkOwnPart(join(tree, part), own(part));
  for (const part of ['bin', 'sbin']) await mkdir(own(`/usr/local/${part}`), { recursive: true });

  const at = (path: string) => join(tree, path);
  const caller = join(folder.path, 'caller');
  const base: Environment = {
    LC_ALL: 'C',
    DIB_DEBUG_TRACE: '0',
    IMAGE_ELEMENT: names.join(' '),
    IMAGE_NAME: 'image',
    ...env,
  };
  const hostBase: Environment = {
    PATH: `${join(folder.path, 'programs')}:${process.env.PATH}`,
    HOME: caller,
    TMP_HOOKS_PATH: hooks,
    TMP_MOUNT_PATH: tree,
    TARGET_ROOT: tree,
    INGOT_CHANNEL: join(hooks, '.ingot'),
    ...base,
  };
  const environment = async (start: Environment): Promise<Environment> =>
    await sourceEnvironment({
      folder: join(hooks, 'environment.d'),
      env: start,
      cwd: caller,
      scratch: folder.path,
      nodes,
    });

  return {
    hooks,
    tree,
    elements,
    at,
    read: async (path) => await readFile(at(path), 'utf8'),
    write: async (files) => await writeInto(at, files),
    onHost: async (hook, more = {}) =>
      await runForStatus(join(hooks, hook), [], { env: await environment({ ...hostBase, ...more }), cwd: caller }),
    inChroot: async (hook, more = {}) => {
      const start = { ...base, ...more, HOME: '/root', TMP_MOUNT_PATH: tree, INGOT_CHANNEL: '/tmp/in_target.d/.ingot' };
      const sourced = await environment({ ...start, PATH: process.env.PATH ?? '' });
      const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
      const binds = [
        { source: '/usr', target: '/usr', isReadOnly: true },
        ...OWN_PARTS_OF_USR.map((part) => ({ source: own(part), target: part, isReadOnly: false })),
        { source: hooks, target: '/tmp/in_target.d', isReadOnly: true },
      ];
      using mounts = prepareMounts(tree, binds, folder.path);
      const entering = [ENTER_CHROOT, tree, mounts.table, `/tmp/in_target.d/${hook}`];
      const [command = '', ...args] = inNamespaces(ownPrivilege(), entering);
      return await runForStatus(command, args, { env: { ...sourced, PATH: path } });
    },
    [Symbol.asyncDispose]: async () => {
      // without root, files of the tree's users belong to others
      const [command = '', ...args] = inNamespaces(ownPrivilege(), ['rm', '-rf', folder.path]);
      await run(command, args);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A program that writes its arguments, one call on a line, to `/tmp/NAME.calls` of the tree. */
export function recorder(name: string): string {
  return `exec:#!/bin/sh\necho "$*" >>/tmp/${name}.calls\n`;
}

async function writeInto(at: (path: string) => string, files: FileTexts): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(at(path), '..'), { recursive: true });
    const isExecutable = text.startsWith('exec:');
    await writeFile(at(path), isExecutable ? text.slice('exec:'.length) : text, { mode: isExecutable ? 0o755 : 0o644 });
  }
}

/** Inside the tree a mount covers the link; outside it leads to the same folder. */
async function linkOwnPart(path: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

async function copyMachineFiles(etc: string): Promise<void> {
  for (const name of FILES_OF_THE_MACHINE) {
    await cp(join('/etc', name), join(etc, name), { recursive: true, verbatimSymlinks: true });
  }
}
