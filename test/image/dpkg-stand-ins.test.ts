import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { inNamespaces, ownPrivilege } from '../../src/host/namespaces.ts';
import { run } from '../../src/host/process.ts';
import { folderTree } from '../support/folder-tree.ts';
import { image, needServer, SERVER } from '../support/image-build.ts';

const IN_ROOT = fileURLToPath(new URL('../support/in-root', import.meta.url));
const USE_PROGRAMS = fileURLToPath(new URL('../support/use-package-programs', import.meta.url));
const STAND_INS = fileURLToPath(new URL('../../lib/dpkg-stand-ins', import.meta.url));

/** What comes of calls in the tree of the server, by heading. @param path where programs are looked for first */
async function comesOf(root: string, path: string): Promise<Readonly<Record<string, string>>> {
  const inside = ['env', `PATH=${path}/usr/sbin:/usr/bin:/sbin:/bin`, '/opt/use-package-programs'];
  const [command = '', ...args] = inNamespaces(ownPrivilege(), [IN_ROOT, root, ...inside]);
  const { stdout } = await run(command, args);
  const parts = stdout.split(/^(?:# )(\w+)\n/m);
  return Object.fromEntries(parts.flatMap((part, index) => (index % 2 === 1 ? [[part, parts[index + 1] ?? '']] : [])));
}

let real: Readonly<Record<string, string>>;
let ours: Readonly<Record<string, string>>;
beforeAll(async () => {
  await needServer();
  await using scratch = await folderTree({ 'root/': '' });
  const root = scratch.at('root');
  const leftOut = ['boot', 'usr/lib/modules', 'usr/share/doc', 'usr/share/locale'].map((name) => `--exclude=./${name}`);
  await run('tar', ['--extract', '--file', image(SERVER, 'tar'), '--directory', root, ...leftOut]);
  await run('cp', ['--recursive', USE_PROGRAMS, STAND_INS, scratch.at('root/opt')]);
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
