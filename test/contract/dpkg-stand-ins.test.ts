import { beforeAll, expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';

/** Programs of a tree that say how they were called, after the name of the script that calls them. */
const PROGRAMS = hook(
  'for name in deb-systemd-helper dpkg-maintscript-helper py3compile update-ca-certificates; do',
  '  printf \'#!/bin/bash\\necho "$SCRIPT ${0##*/} $*"\\n\' >"$TARGET_ROOT/usr/bin/$name"',
  '  chmod +x "$TARGET_ROOT/usr/bin/$name"',
  'done',
);

/** A hook that does what a script of a package does while dpkg installs it for the first time. */
function script(name: string, ...lines: readonly string[]): string {
  return hook(
    'export PATH="$INGOT_CHANNEL/dpkg-stand-ins:$PATH" INGOT_INSTALLING=/var/tmp',
    `export DPKG_MAINTSCRIPT_PACKAGE=app DPKG_MAINTSCRIPT_NAME=postinst SCRIPT=${name}`,
    ...lines,
  );
}

let calls: (name: string) => readonly string[];
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
      'deb-systemd-helper enable new.service',
      'mkdir -p /var/lib/systemd/deb-systemd-helper-enabled /etc/systemd/system',
      'touch /var/lib/systemd/deb-systemd-helper-enabled/old.service.dsh-also /etc/systemd/system/masked.service',
      'deb-systemd-helper --quiet was-enabled old.service',
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
  });
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
