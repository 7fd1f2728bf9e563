import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inNamespaces, ownPrivilege } from '../../src/host/namespaces.ts';
import { type RunResult, run, runForStatus } from '../../src/host/process.ts';
import { build, inLab } from './image-build.ts';

const IN_ROOT = fileURLToPath(new URL('in-root', import.meta.url));
const MACHINE_SPEC = fileURLToPath(new URL('machine.spec', import.meta.url));

/** The tree of a machine that packages are installed on: Debian bookworm, with these packages and nothing else. */
export interface CleanRoot {
  readonly path: string;
  /** Runs a program of this machine that is told of the tree, such as `dpkg --root`. */
  readonly outside: (...words: readonly string[]) => Promise<RunResult>;
  /** Runs a program in the tree, without a home, like a service. */
  readonly inside: (...words: readonly string[]) => Promise<RunResult>;
  /** Every file with its kind, mode, owner, size and target, but those that package managers keep for themselves. */
  readonly files: () => Promise<readonly string[]>;
}

/** Builds the tree with ingot itself. @param packages what is installed in it beside the minimal system */
export async function cleanRoot(packages: readonly string[]): Promise<CleanRoot> {
  const path = inLab('clean-root');
  await build({
    name: 'clean-root',
    elements: ['debian-minimal'],
    options: ['-t', 'tar', '-p', packages.join(',')],
    env: { DIB_DEBIAN_KERNEL: '' },
  });
  const outside = async (...words: readonly string[]): Promise<RunResult> => {
    const [command = '', ...args] = inNamespaces(ownPrivilege(), words);
    return await runForStatus(command, args);
  };
  await outside('rm', '--recursive', '--force', path);
  await mkdir(path);
  await outside(
    'tar',
    '--extract',
    '--preserve-permissions',
    '--file',
    inLab('out/clean-root.tar'),
    '--directory',
    path,
  );
  return {
    path,
    outside,
    inside: async (...words) => await outside(IN_ROOT, path, ...words),
    files: async () => await filesBelow(path, outside),
  };
}

/**
 * Tells rpm what the tree has, as the packages of a distribution with RPM would: which programs and keyrings there are, and what its
 * libraries provide. Nothing that is not in the tree is promised.
 */
export async function introduceToRpm({ path, outside }: CleanRoot): Promise<void> {
  const programs = await run('find', ['usr/bin', 'usr/sbin', 'usr/share/keyrings', '-not', '-type', 'd'], {
    cwd: path,
  });
  const provides = programs.stdout
    .trimEnd()
    .split('\n')
    .map((file) => `Provides: /${file}\n`);
  const work = inLab('machine-rpm');
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'provides.inc'), provides.join(''));
  const defines = { _topdir: work, machine_root: path, machine_provides: join(work, 'provides.inc') };
  const words = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  await run('rpmbuild', ['-bb', ...words, MACHINE_SPEC]);
  const built = await run('find', [join(work, 'RPMS'), '-name', '*.rpm']);
  await outside('rpm', '--root', path, '--install', '--justdb', built.stdout.trim());
}

async function filesBelow(path: string, outside: CleanRoot['outside']): Promise<readonly string[]> {
  const kept = ['dev', 'proc', 'run', 'tmp', 'root/.rpmdb', 'var/lib/dpkg', 'var/lib/rpm', 'var/log'];
  const leftOut = kept.flatMap((name) => ['-path', join(path, name), '-prune', '-o']);
  const { stdout } = await outside('find', path, '-mindepth', '1', ...leftOut, '-printf', '%P %y %m %U %G %l\\n');
  return stdout.split('\n').sort();
}
