import { copyFile, glob, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { inNamespaces, ownPrivilege } from '../../src/host/namespaces.ts';
import { run, runForStatus } from '../../src/host/process.ts';
import { folderTree } from '../support/folder-tree.ts';
import { image, inLab, needServer, SERVER } from '../support/image-build.ts';

const IN_ROOT = fileURLToPath(new URL('../support/in-root', import.meta.url));
const USE_PROGRAMS = fileURLToPath(new URL('../support/use-package-programs', import.meta.url));
const INSTALLER = ['install-batches', 'dpkg-stand-ins'].map((name) =>
  fileURLToPath(new URL(`../../lib/${name}`, import.meta.url)),
);

/** What comes of calls in the tree of the server, by heading. @param path where programs are looked for first */
async function comesOf(root: string, path: string): Promise<Readonly<Record<string, string>>> {
  const inside = ['env', `PATH=${path}/usr/sbin:/usr/bin:/sbin:/bin`, '/opt/use-package-programs'];
  const [command = '', ...args] = inNamespaces(ownPrivilege(), [IN_ROOT, root, ...inside]);
  const { stdout } = await run(command, args);
  const parts = stdout.split(/^(?:# )(\w+)\n/m);
  return Object.fromEntries(parts.flatMap((part, index) => (index % 2 === 1 ? [[part, parts[index + 1] ?? '']] : [])));
}

/** Puts packages that the tree has into its `/opt/packages`, from the package store, where other images' may have the same names. */
async function placePackages(root: string, ...names: readonly string[]): Promise<void> {
  const folder = join(root, 'opt/packages');
  const store = inLab('cache/ingot/packages');
  await mkdir(folder);
  for (const name of names) {
    const installed = await readFile(join(root, `var/lib/dpkg/info/${name}.md5sums`), 'utf8');
    for await (const path of glob(`*/${name}_*.deb`, { cwd: store })) {
      const { stdout } = await runForStatus('dpkg-deb', ['--info', join(store, path), 'md5sums']);
      if (stdout === installed) await copyFile(join(store, path), join(folder, `${name}.deb`));
    }
  }
}

let real: Readonly<Record<string, string>>;
let ours: Readonly<Record<string, string>>;
beforeAll(async () => {
  await needServer();
  await using scratch = await folderTree({ 'root/': '' });
  const root = scratch.at('root');
  const leftOut = ['boot', 'usr/lib/modules', 'usr/share/doc', 'usr/share/locale'].map((name) => `--exclude=./${name}`);
  await run('tar', ['--extract', '--file', image(SERVER, 'tar'), '--directory', root, ...leftOut]);
  await run('cp', ['--recursive', USE_PROGRAMS, ...INSTALLER, scratch.at('root/opt')]);
  await placePackages(root, 'locales', 'ca-certificates');
  real = await comesOf(root, '');
  ours = await comesOf(root, '/opt/dpkg-stand-ins:');
});

test('deb-systemd-helper records the same links of every unit that packages of a server enable', () => {
  expect(real.units).toContain('/etc/systemd/system/sshd.service l');
  expect(real.units).toContain('deb-systemd-helper-enabled/timers.target.wants/fstrim.timer f');
  expect(ours.units).toBe(real.units);
});

test.each(['all', 'odd', 'twice', 'missing', 'none', 'local'])(
  'update-ca-certificates makes the same links and bundle of %s certificates',
  (choice) => {
    expect(real[choice]).toContain('/etc/ssl/certs d 755');
    expect(ours[choice]).toBe(real[choice]);
  },
);

test('scripts of packages that ask for each line of a missing file make the same settings without asking', () => {
  expect(real.settings).toContain('/etc/locale.gen f 644');
  expect(ours.settings).toBe(real.settings);
  expect(Number(real.greps)).toBeGreaterThan(700);
  expect(Number(ours.greps)).toBeLessThan(70);
});
