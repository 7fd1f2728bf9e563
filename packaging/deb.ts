import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/host/process.ts';
import type { PackageInput } from './package-input.ts';
import { debRequirements } from './requirements.ts';

/** What the bundled Node is linked with; the versions are those of its oldest supported systems. */
const LIBRARIES = ['libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6 (>= 8)'];

/**
 * Makes the package `ingot` for Debian and Ubuntu.
 * @returns path of the package
 */
export async function buildDeb({ version, target, epoch, tree, work, output }: PackageInput): Promise<string> {
  const root = join(work, 'deb');
  await run('cp', ['--archive', '--link', tree, root]);
  await mkdir(join(root, 'DEBIAN'));
  await writeFile(join(root, 'DEBIAN/control'), controlOf(version, target.deb, await installedKib(tree)));
  await writeFile(join(root, 'DEBIAN/conffiles'), '/etc/logrotate.d/ingot\n');
  await mkdir(output, { recursive: true });
  const path = join(output, `ingot_${version}_${target.deb}.deb`);
  await run('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z3', '--build', root, path], {
    env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
  });
  return path;
}

function controlOf(version: string, architecture: string, installedSize: string): string {
  const list = (names: readonly string[]): string => names.join(', ');
  return `Package: ingot
Version: ${version}
Architecture: ${architecture}
Maintainer: The ingot developers <developers@ingot.invalid>
Installed-Size: ${installedSize}
Depends: ${list([...LIBRARIES, ...debRequirements('required')])}
Recommends: ${list(debRequirements('recommended'))}
Suggests: ${list(debRequirements('suggested'))}
Conflicts: python3-diskimage-builder
Section: admin
Priority: optional
Description: casts elements into golden disk images
 ingot builds disk images from elements: folders of hooks and lists that add one thing to an image. It has
 the commands of diskimage-builder, and fuel-image for the target images of Fuel environments.
`;
}

async function installedKib(tree: string): Promise<string> {
  const { stdout } = await run('du', ['--summarize', '--apparent-size', '--block-size=1024', tree]);
  return stdout.split('\t')[0] ?? '';
}
