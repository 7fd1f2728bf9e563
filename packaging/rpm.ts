import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/host/process.ts';
import type { PackageInput } from './package-input.ts';
import { rpmRequirements } from './requirements.ts';

/**
 * Makes the package `fuel-image` for distributions with RPM.
 * @returns path of the package
 */
export async function buildRpm({ version, target, epoch, tree, work, output }: PackageInput): Promise<string> {
  const requirements = join(work, 'requirements.inc');
  await writeFile(
    requirements,
    [
      ...rpmRequirements('required').map((name) => `Requires: ${name}\n`),
      ...rpmRequirements('recommended').map((name) => `Recommends: ${name}\n`),
      ...rpmRequirements('suggested').map((name) => `Suggests: ${name}\n`),
    ].join(''),
  );
  const macros = {
    _topdir: join(work, 'rpm'),
    ingot_version: version,
    ingot_tree: tree,
    ingot_requirements: requirements,
  };
  const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  await run('rpmbuild', ['-bb', '--target', `${target.rpm}-linux`, ...defines, 'packaging/fuel-image.spec'], {
    env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
  });
  const name = `fuel-image-${version}-1.${target.rpm}.rpm`;
  await mkdir(output, { recursive: true });
  const path = join(output, name);
  await run('mv', ['--', join(work, 'rpm/RPMS', target.rpm, name), path]);
  return path;
}
