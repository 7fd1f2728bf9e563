import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { run } from '../../src/host/process.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder on ELEMENTS_PATH that holds the element `fake-os`. */
    readonly fakeOsElements: string;
    /** Folder in which Node keeps what it has compiled, for all builds of a run. */
    readonly compileCache: string;
  }
}

const SHELLS = ['bash', 'find', 'getopt', 'grep', 'sed', 'tar', 'xargs'];
const COREUTILS =
  'base64 basename cat chmod chown cp cut date dd dirname env expr false head id install ln ls md5sum mkdir mkfifo mktemp mv od printf readlink rm rmdir seq sha256sum sleep sort stat tail tee test timeout touch tr true truncate uname uniq wc';
const OTHERS = ['gawk', 'mawk', 'mount', 'umount', 'setsid', 'setpriv'];
const FOLDERS = [
  'etc',
  'root',
  'tmp',
  'usr/bin',
  'usr/sbin',
  'usr/lib',
  'usr/lib64',
  'usr/local/bin',
  'var/log',
  'var/tmp',
];
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/**
 * Makes the smallest tree that hooks can run in: bash and what its scripts use, with their libraries, copied from this machine.
 * @param tree absolute path of a folder that is made
 */
export async function makeFakeTree(tree: string): Promise<void> {
  for (const folder of FOLDERS) await mkdir(join(tree, folder), { recursive: true });
  for (const name of MERGED) await symlink(`usr/${name}`, join(tree, name));
  const programs = await pathsOf([...SHELLS, ...COREUTILS.split(' '), ...OTHERS]);
  await run('cp', ['--dereference', '--target-directory', join(tree, 'usr/bin'), ...programs]);
  for (const library of await librariesOf(programs)) {
    await mkdir(dirname(join(tree, library)), { recursive: true });
    await run('cp', ['--dereference', library, join(tree, library)]);
  }
  await symlink('bash', join(tree, 'usr/bin/sh'));
  await symlink(programs.some((path) => path.endsWith('/gawk')) ? 'gawk' : 'mawk', join(tree, 'usr/bin/awk'));
  await writeFile(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/bash\nguest:x:1000:1000::/:/bin/bash\n');
  await writeFile(join(tree, 'etc/group'), 'root:x:0:\nguest:x:1000:\n');
}

/** Runs once before the tests of a project: makes the element `fake-os`, whose one hook unpacks the tree. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-fake-os-'));
  await chmod(folder, 0o755);
  const tree = join(folder, 'tree');
  const element = join(folder, 'elements/fake-os');
  const archive = join(folder, 'fake-os.tar');
  await makeFakeTree(tree);
  await run('tar', ['--create', '--file', archive, '--directory', tree, '.']);
  await mkdir(join(element, 'root.d'), { recursive: true });
  await writeFile(join(element, 'element-provides'), 'operating-system\n');
  const hook = await readFile(new URL('unpack-fake-os', import.meta.url), 'utf8');
  await writeFile(join(element, 'root.d/10-fake-os'), hook.replace('ARCHIVE', archive), { mode: 0o755 });
  project.provide('fakeOsElements', join(folder, 'elements'));
  const compileCache = join(folder, 'node');
  await mkdir(compileCache);
  await chmod(compileCache, 0o777);
  project.provide('compileCache', compileCache);
  return async () => await rm(folder, { recursive: true, force: true });
}

async function pathsOf(programs: readonly string[]): Promise<readonly string[]> {
  // Which of the awks a machine has does not matter, so a program may be missing.
  const { stdout } = await run('which', [...programs], { okStatuses: [0, 1] });
  return stdout.trim().split('\n');
}

async function librariesOf(programs: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [...programs]);
  return [...new Set(stdout.match(/\/\S+(?= \(0x)/g))];
}
