import { describe, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, marked } from '../support/cli.ts';
import { folderTree } from '../support/folder-tree.ts';
import { build, type ImageCall, inLab } from '../support/image-build.ts';

/** Builds a tree without kernel and disk in which a late hook of install.d says things; gives what it marked by `SAYS`. */
async function ask(name: string, lines: readonly string[], env: ImageCall['env']): Promise<readonly string[]> {
  await using made = await folderTree({
    [`asks-${name}/install.d/90-asks`]: hook('says() { echo "SAYS $*"; }', ...lines),
  });
  await run('cp', ['--recursive', `${made.path}/asks-${name}`, inLab('elements')]);
  const call = { name, elements: ['debian-minimal', `asks-${name}`], options: ['-t', 'tar'] };
  return marked(await build({ ...call, env: { DIB_DEBIAN_KERNEL: '', ...env } }), 'SAYS');
}

test.each(['bookworm', 'trixie', 'sid'])('makes a whole minimal system of %s', async (release) => {
  const said = await ask(
    `minimal-${release}`,
    [
      'says "audit:$(dpkg --audit)"',
      'apt-get check >/dev/null && says "apt is content"',
      'says "links: $(readlink /bin) $(readlink /sbin) $(readlink /lib)"',
      'says "missing:$(dpkg-query -W -f \'${Priority} ${db:Status-Status} ${Package}\\n\' | grep ^required | grep -v " installed ")"',
      'says "automatic: $(apt-mark showauto | grep -cx -e libc6 -e dpkg -e python3 -e systemd-sysv)"',
      'says "left over:$(find /tmp -maxdepth 1 -name ".ingot*")"',
      'says "blocked: $(ls /usr/sbin/policy-rc.d)"',
      'says "lists: $(update-package-lists)"',
    ],
    { DIB_RELEASE: release },
  );

  expect(said).toEqual([
    'audit:',
    'apt is content',
    'links: usr/bin usr/sbin usr/lib',
    'missing:',
    'automatic: 0',
    'left over:',
    'blocked: /usr/sbin/policy-rc.d',
    'lists: The package lists are current',
  ]);
});

describe('install-packages', () => {
  const statusOf = (name: string) => `$(dpkg-query -W -f '\${db:Status-Status}' ${name} 2>/dev/null || true)`;

  test('installs, remembers who asked, removes, and leaves to apt what dpkg cannot do', {
    tags: ['install-packages.empty', 'install-packages.verbs'],
  }, async () => {
    const said = await ask(
      'installs',
      [
        'says "nothing: $(install-packages)"',
        'install-packages tree',
        `says "tree: ${statusOf('tree')} $(apt-mark showmanual tree)"`,
        'install-packages libc-l10n',
        'says "asked for later: $(apt-mark showmanual libc-l10n)"',
        'install-packages lynx+ "less=$(apt-cache policy less | sed -n "s/.*Candidate: //p")"',
        'says "manual: $(apt-mark showmanual lynx lynx-common less | tr "\\n" " ")"',
        'says "automatic: $(apt-mark showauto lynx-common)"',
        'install-packages -d vim-tiny',
        `says "only fetched: ${statusOf('vim-tiny')}"`,
        'install-packages postfix',
        'install-packages exim4-daemon-light',
        `says "instead: ${statusOf('postfix')} ${statusOf('exim4-daemon-light')}"`,
        'install-packages -e tree',
        `says "removed: ${statusOf('tree')}"`,
        'install-packages python3-yaml',
        'cd /usr/lib/python3/dist-packages/yaml',
        'says "not compiled: $(comm -3 <(ls *.py) <(ls __pycache__ | sed "s/[.]cpython.*/.py/"))"',
        'install-packages nonsense-x || says "unknown: $?"',
        'install-packages -z || says "option: $?"',
        'says "audit:$(dpkg --audit)"',
      ],
      { DIB_RELEASE: 'bookworm' },
    );

    expect(said).toEqual([
      'nothing: No packages to install',
      'tree: installed tree',
      'asked for later: libc-l10n',
      'manual: less lynx ',
      'automatic: lynx-common',
      'only fetched: ',
      'instead: config-files installed',
      'removed: ',
      'not compiled: ',
      'unknown: 100',
      'option: 1',
      'audit:',
    ]);
  });

  test('upgrades to what a new source has, and keeps the marks', { tags: ['install-packages.verbs'] }, async () => {
    const said = await ask(
      'upgrades',
      [
        'cp /var/lib/apt/extended_states /tmp/marks',
        'version() { dpkg-query -W -f "\\${Version}" apt; }',
        'before=$(version)',
        'install-packages -u',
        'says "without the source: $([[ $(version) == "$before" ]] && echo same)"',
        'echo "deb http://security.debian.org/debian-security bookworm-security main" >/etc/apt/sources.list.d/security.list',
        'update-package-lists',
        'install-packages -u',
        'says "left to upgrade: $(apt-get --simulate dist-upgrade | grep -c ^Inst)"',
        'says "upgraded: $(dpkg --compare-versions "$(version)" gt "$before" && echo yes)"',
        'cmp /tmp/marks /var/lib/apt/extended_states && says "same marks"',
        'says "audit:$(dpkg --audit)"',
      ],
      { DIB_RELEASE: 'bookworm', DIB_APT_SOURCES_CONF: 'default:deb http://deb.debian.org/debian bookworm main' },
    );

    expect(said).toEqual(['without the source: same', 'left to upgrade: 0', 'upgraded: yes', 'same marks', 'audit:']);
  });
});
