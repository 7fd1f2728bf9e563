import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { writePlainDebs } from '../../src/packages/plain-deb.ts';
import { buildPackage } from '../support/apt-repository.ts';
import { hook, marked, said, workshop } from '../support/cli.ts';

/** Programs of a tree that say how they were called, after the name of the script that calls them. */
const PROGRAMS = hook(
  'for name in deb-systemd-helper dpkg-deb dpkg-maintscript-helper py3compile update-ca-certificates; do',
  '  printf \'#!/bin/bash\\necho "$SCRIPT ${0##*/} $*"\\n\' >"$TARGET_ROOT/usr/bin/$name"',
  '  chmod +x "$TARGET_ROOT/usr/bin/$name"',
  'done',
  'cp -r "$TMP_HOOKS_PATH/store" "$TARGET_ROOT/var/tmp/"',
);

/** Prints what there is to see of the files of a folder, and a digest of their contents. */
const LOOK = 'find . -printf "%P %y %m %U:%G %T@\\n" | sort; cat $(find . -type f | sort) | md5sum';

/** A hook that does what a script of a package does while dpkg installs it for the first time. */
function script(name: string, ...lines: readonly string[]): string {
  return hook(
    'export PATH="$INGOT_CHANNEL/dpkg-stand-ins:$PATH" INGOT_INSTALLING=/var/tmp INGOT_STORE=/var/tmp/store',
    `export DPKG_MAINTSCRIPT_PACKAGE=app DPKG_MAINTSCRIPT_NAME=postinst SCRIPT=${name}`,
    ...lines,
  );
}

/** Writes a package with plain archives, as the store keeps it, and the same compressed. */
async function writePackages(folder: string): Promise<void> {
  const parts = join(folder, 'parts');
  await mkdir(parts, { recursive: true });
  const script = `#!/bin/sh\n${': odd\n'.repeat(2000)}`;
  const files = { 'usr/share/app': 'a'.repeat(300_001) };
  const source = join(
    folder,
    basename(await buildPackage({ name: 'app', files, scripts: { postinst: script } }, folder, folder)),
  );
  await copyFile(source, join(folder, 'packed.deb'));
  await writePlainDebs([{ source, target: join(folder, 'plain.deb') }], parts);
}

/** What the program itself makes of such a package. */
async function unpackPackage(folder: string): Promise<readonly string[]> {
  const commands = [
    'dpkg-deb --control plain.deb scripts',
    `(cd scripts && (${LOOK}) | sed "s/^/SCRIPTS /")`,
    'echo "FILES $(dpkg-deb --fsys-tarfile plain.deb | md5sum)"',
  ];
  return (await run('bash', ['-c', commands.join(' && ')], { cwd: folder })).stdout.trim().split('\n');
}

let calls: (name: string) => readonly string[];
let unpacked: readonly string[];
beforeAll(async () => {
  await using shop = await workshop({
    'deb/root.d/50-programs': PROGRAMS,
    'deb/install.d/10-units': script(
      'UNITS',
      'for option in "" --user; do',
      '  deb-systemd-helper $option unmask new.service',
      '  deb-systemd-helper --quiet $option was-enabled new.service',
      'done',
      'DPKG_ROOT=/elsewhere deb-systemd-helper unmask new.service',
      'deb-systemd-helper was-enabled new.service',
      'if deb-systemd-helper debian-installed new.service; then echo "UNITS new.service was installed"; fi',
      'deb-systemd-helper enable new.service',
      'mkdir -p /var/lib/systemd/deb-systemd-helper-enabled /etc/systemd/system',
      'touch /var/lib/systemd/deb-systemd-helper-enabled/old.service.dsh-also /etc/systemd/system/masked.service',
      'deb-systemd-helper --quiet was-enabled old.service',
      'deb-systemd-helper debian-installed old.service',
      'deb-systemd-helper unmask masked.service',
      'mkdir /var/lib/systemd/deb-systemd-helper-masked',
      'deb-systemd-helper unmask another.service',
    ),
    'deb/install.d/10-moves': script(
      'MOVES',
      'for command in rm_conffile mv_conffile dir_to_symlink symlink_to_dir; do',
      '  DPKG_MAINTSCRIPT_NAME=preinst dpkg-maintscript-helper $command /etc/app 1.0 -- install',
      '  dpkg-maintscript-helper $command /etc/app 1.0 -- configure ""',
      'done',
      'dpkg-maintscript-helper supports rm_conffile',
      'dpkg-maintscript-helper rm_conffile /etc/app 1.0 -- configure 0.9',
      'DPKG_MAINTSCRIPT_NAME=postrm dpkg-maintscript-helper rm_conffile /etc/app 1.0 -- purge',
      'touch /etc/app.dpkg-backup',
      'dpkg-maintscript-helper dir_to_symlink /etc/app/ 1.0 -- configure ""',
    ),
    'deb/install.d/10-certificates': script(
      'CERTIFICATES',
      'mkdir -p /usr/share/ca-certificates /usr/local/share/ca-certificates /etc/ssl/certs /etc/ca-certificates/update.d',
      'touch /etc/ca-certificates.conf',
      'update-ca-certificates --hooksdir ""',
      'update-ca-certificates',
      'touch /usr/local/share/ca-certificates/own.crt',
      'update-ca-certificates --verbose',
      'update-ca-certificates',
      'touch /etc/ca-certificates/update.d/java',
      'update-ca-certificates --hooksdir ""',
      'update-ca-certificates',
    ),
    'deb/install.d/10-modules': script(
      'MODULES',
      'py3compile -p python3-app',
      'py3compile -p python3-app /usr/share/app',
      'echo "MODULES later: $(cat "$INGOT_INSTALLING/modules")"',
    ),
    'deb/install.d/10-packages': script(
      'PACKAGES',
      'mkdir -p /var/lib/dpkg && cd /var/lib/dpkg && cp -r /var/tmp/store /var/tmp/elsewhere',
      'dpkg-deb --control /var/tmp/store/plain.deb /var/lib/dpkg/tmp.ci',
      `(cd tmp.ci && (${LOOK}) | sed "s/^/SCRIPTS /")`,
      'echo "FILES $(dpkg-deb --fsys-tarfile /var/tmp/store/plain.deb | md5sum)"',
      'dpkg-deb --control /var/tmp/store/plain.deb /var/tmp/control',
      'dpkg-deb --control /var/tmp/elsewhere/plain.deb /var/lib/dpkg/tmp.ci',
      'dpkg-deb --fsys-tarfile /var/tmp/elsewhere/plain.deb',
      'dpkg-deb --control /var/tmp/store/packed.deb /var/lib/dpkg/tmp.ci',
      'dpkg-deb --fsys-tarfile /var/tmp/store/packed.deb',
      'dpkg-deb --info /var/tmp/store/plain.deb',
    ),
  });
  const store = shop.at('elements/deb/store');
  await writePackages(store);
  unpacked = await unpackPackage(store);
  const result = await shop.build({ elements: ['deb'] });
  expect(result.status, said(result)).toBe(0);
  calls = (name) => marked(result, name);
});

test('deb-systemd-helper is asked of a unit that was masked or enabled before, and for whatever changes something', () => {
  expect(calls('UNITS')).toEqual([
    'deb-systemd-helper unmask new.service',
    'deb-systemd-helper was-enabled new.service',
    'deb-systemd-helper enable new.service',
    'deb-systemd-helper --quiet was-enabled old.service',
    'deb-systemd-helper debian-installed old.service',
    'deb-systemd-helper unmask masked.service',
    'deb-systemd-helper unmask another.service',
  ]);
});

test('dpkg-maintscript-helper is asked of a package that an older version was there of, and for a change that was interrupted', () => {
  expect(calls('MOVES')).toEqual([
    'dpkg-maintscript-helper supports rm_conffile',
    'dpkg-maintscript-helper rm_conffile /etc/app 1.0 -- configure 0.9',
    'dpkg-maintscript-helper rm_conffile /etc/app 1.0 -- purge',
    'dpkg-maintscript-helper dir_to_symlink /etc/app/ 1.0 -- configure ',
  ]);
});

test('update-ca-certificates runs again when something changed or somebody wants to be told', () => {
  expect(calls('CERTIFICATES')).toEqual([
    'update-ca-certificates --hooksdir ',
    'update-ca-certificates --verbose',
    'update-ca-certificates --hooksdir ',
    'update-ca-certificates ',
  ]);
});

test('py3compile is left for the end when a whole package is to be compiled', () => {
  expect(calls('MODULES')).toEqual(['py3compile -p python3-app /usr/share/app', 'later: python3-app']);
});

test('dpkg-deb is asked of packages that are not in the store, packed or for somebody else', () => {
  expect(calls('PACKAGES')).toEqual([
    'dpkg-deb --control /var/tmp/store/plain.deb /var/tmp/control',
    'dpkg-deb --control /var/tmp/elsewhere/plain.deb /var/lib/dpkg/tmp.ci',
    'dpkg-deb --fsys-tarfile /var/tmp/elsewhere/plain.deb',
    'dpkg-deb --control /var/tmp/store/packed.deb /var/lib/dpkg/tmp.ci',
    'dpkg-deb --fsys-tarfile /var/tmp/store/packed.deb',
    'dpkg-deb --info /var/tmp/store/plain.deb',
  ]);
});

test('dpkg gets the same scripts and files of a package in the store as from dpkg-deb', () => {
  expect(unpacked.filter((line) => line.startsWith('SCRIPTS '))).toHaveLength(4);
  expect([...calls('SCRIPTS').map((line) => `SCRIPTS ${line}`), `FILES ${calls('FILES')[0]}`]).toEqual(unpacked);
});
