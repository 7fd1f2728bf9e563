import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runInChroot } from '../host/chroot.ts';
import { run } from '../host/process.ts';
import { requireTools } from '../host/tool-check.ts';
import { IngotError } from '../model/error.ts';
import { fetchRpms, type PrivateDnfOptions, rpmKeys } from './private-dnf.ts';

export interface BootstrapRpmOptions extends PrivateDnfOptions {
  /** Absolute path of an empty folder to make the system in. */
  readonly tree: string;
  /** What the system is made of; what it needs comes along. */
  readonly packages: readonly string[];
}

/** Folder inside the tree for the time of installing. */
const WORK_FOLDER = '/tmp/.ingot-bootstrap';

/**
 * Makes a system of RPM packages. dnf of the host resolves, fetches and checks all of them first. Then they are unpacked without their
 * scripts, so that the tree's own rpm can run and install them properly: it knows the users, the scripts and the database of its
 * distribution, whatever the rpm of the host knows.
 * @throws IngotError as `fetchRpms`; `BOOTSTRAP_FAILED`, `CHROOT_FAILED`, `CANCELLED`
 */
export async function bootstrapRpm(options: BootstrapRpmOptions): Promise<void> {
  const { tree, packages, env } = options;
  await refuseFullTree(tree);
  await requireTools(['rpm'], 'roots of RPM distributions', env.PATH ?? '');
  const files = await fetchRpms(packages, options);
  await unpack(files, options);
  await installInTree(files, options);
  await trustKeys(options);
  await rm(join(tree, WORK_FOLDER), { recursive: true });
}

async function refuseFullTree(tree: string): Promise<void> {
  const present = (await readdir(tree)).filter((name) => !['lost+found', 'tmp'].includes(name));
  if (present.length > 0)
    throw new IngotError('BOOTSTRAP_FAILED', `${tree} is not empty: it has ${present.slice(0, 5).join(', ')}`, {
      hint: 'Two elements make the operating system; keep one of them.',
    });
}

async function unpack(files: readonly string[], { tree, signal }: BootstrapRpmOptions): Promise<void> {
  const work = join(tree, WORK_FOLDER);
  await mkdir(work, { recursive: true });
  const leavesOut = ['--noscripts', '--notriggers', '--nodeps', '--nosignature', '--excludedocs', '--ignorearch'];
  const database = ['--root', tree, '--dbpath', join(WORK_FOLDER, 'database')];
  // Owners that this rpm cannot know are only warned about; the tree's own rpm sets them.
  await run('rpm', ['--install', ...database, ...leavesOut, ...files], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: work, LC_ALL: 'C' },
    signal,
  });
  await rm(join(work, 'database'), { recursive: true });
}

async function installInTree(files: readonly string[], options: BootstrapRpmOptions): Promise<void> {
  const { tree, env, signal, setup } = options;
  const folders = [...new Set(files.map((file) => dirname(file)))];
  const targetOf = (folder: string) => `${WORK_FOLDER}/packages-${folders.indexOf(folder)}`;
  const paths = files.map((file) => join(targetOf(dirname(file)), basename(file)));
  const { status, tail } = await runInChroot({
    tree,
    scratch: join(tree, WORK_FOLDER),
    command: ['rpm', '--install', '--nosignature', ...paths],
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LC_ALL: 'C',
      SOURCE_DATE_EPOCH: env.SOURCE_DATE_EPOCH ?? '',
    },
    binds: folders.map((source) => ({ source, target: targetOf(source), isReadOnly: true })),
    collects: false,
    signal,
  });
  if (status === 0) return;
  const isForeign = tail.some((line) => line.includes('Exec format error'));
  throw new IngotError('BOOTSTRAP_FAILED', `rpm could not install the base system: status ${status}`, {
    tail,
    hint: isForeign
      ? `This machine cannot run programs of ${setup.architecture}: install qemu-user-static and binfmt-support.`
      : 'The last lines name the package. A newer state of the mirror may mend it.',
  });
}

/** The image trusts the keys that its packages were checked with, so that its own dnf need not fetch them. */
async function trustKeys(options: BootstrapRpmOptions): Promise<void> {
  const { tree, env, signal } = options;
  const keys = await rpmKeys(options);
  if (keys.trim() === '') return;
  await writeFile(join(tree, WORK_FOLDER, 'keys.asc'), keys);
  const { status, tail } = await runInChroot({
    tree,
    scratch: join(tree, WORK_FOLDER),
    command: ['rpm', '--import', `${WORK_FOLDER}/keys.asc`],
    env: { PATH: '/usr/bin:/bin', HOME: '/root', LC_ALL: 'C', SOURCE_DATE_EPOCH: env.SOURCE_DATE_EPOCH ?? '' },
    signal,
  });
  if (status !== 0)
    throw new IngotError('BOOTSTRAP_FAILED', 'rpm could not take the keys of the repositories', { tail });
}
