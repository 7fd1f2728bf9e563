import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RunResult, run } from '../../src/host/process.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';

describe('a build with the elements that others are written for', () => {
  let shop: Workshop;
  let result: RunResult;
  beforeAll(async () => {
    shop = await workshop({
      'pm/root.d/20-program': hook('cp "$TMP_HOOKS_PATH/programs/install-packages" "$TARGET_ROOT/usr/bin/"'),
      'pm/programs/install-packages': hook('echo "RAN install-packages $*"'),
      'mine/element-deps': 'package-installs\nsvc-map\ninstall-types\npm\n',
      'mine/package-installs.yaml':
        'web:\nearly: {phase: pre-install.d}\nlate: {phase: post-install.d}\nmake: {build-only: true}\n',
      'mine/pkg-map': '{"family": {"debian": {"web": "nginx-light"}}}\n',
      'mine/svc-map': 'web:\n  debian: nginx\n',
      'mine/bin/my-tool': hook('echo "TOOL $0"'),
      'mine/install.d/mine-source-install/50-from-source': hook('echo "TYPE source"'),
      'mine/install.d/mine-package-install/50-from-package': hook('echo "TYPE package"'),
      'mine/pre-install.d/50-look': hook(
        'my-tool',
        'echo "JSON $(tr -d " \\n" </tmp/package-installs.json)"',
        'echo "MAP $(cat /usr/share/pkg-map/mine)"',
        'echo "SERVICES $(cat /usr/share/svc-map/services)"',
        'echo "NAMES $(pkg-map --element mine web) $(svc-map web)"',
      ),
      'later/mine/package-installs.yaml': 'overridden: {phase: pre-install.d}\n',
      'later/mine/pkg-map': '{"default": {"web": "apache2", "overridden": "never"}}\n',
      'later/mine/svc-map': 'web:\n  default: apache2\n',
      'later/mine/pre-install.d/60-never': hook('echo "TYPE overridden"'),
      'mine/extra-data.d/98-before': hook('[[ -e $TMP_MOUNT_PATH/tmp/package-installs.json ]] || echo "BEFORE none"'),
    });
    const later = shop.at('later');
    await run('cp', ['--recursive', shop.at('elements/later'), later]);
    const { ELEMENTS_PATH } = shop.environment();
    const env = {
      DISTRO_NAME: 'debian',
      DIB_RELEASE: 'sid',
      DIB_INSTALLTYPE_mine: 'package',
      ELEMENTS_PATH: `${ELEMENTS_PATH}:${later}`,
    };
    result = await shop.build({ elements: ['mine'], env });
    expect(result.status, said(result)).toBe(0);
    return async () => await shop[Symbol.asyncDispose]();
  });

  test('installs once for each phase, by the names of the package map', {
    tags: ['package-installs.one-call', 'package-installs.phase', 'subtle.05'],
  }, () => {
    expect(marked(result, 'RAN')).toEqual([
      'install-packages early overridden',
      'install-packages make nginx-light',
      'install-packages -e make',
      'install-packages late',
    ]);
  });

  test('has the merged wishes in the tree from the end of extra-data.d on', {
    tags: ['package-installs.in-tree'],
  }, () => {
    expect(marked(result, 'BEFORE')).toEqual(['none']);
    expect(JSON.parse(marked(result, 'JSON')[0] ?? '')).toMatchObject({
      'pre-install.d': {
        install: [
          ['early', 'mine'],
          ['overridden', 'mine'],
        ],
      },
      'install.d': {
        install: [
          ['make', 'mine'],
          ['web', 'mine'],
        ],
        uninstall: [['make', 'mine']],
      },
    });
  });

  test('has maps of packages and services in the tree, and the commands that read them', {
    tags: ['pkg-map.in-tree', 'svc-map.merged', 'subtle.05'],
  }, () => {
    expect(marked(result, 'MAP')).toEqual(['{"family": {"debian": {"web": "nginx-light"}}}']);
    expect(marked(result, 'SERVICES')).toEqual(['web: nginx']);
    expect(marked(result, 'NAMES')).toEqual(['nginx-light nginx']);
  });

  test('finds programs of bin in PATH, and keeps them in the image', { tags: ['install-bin.files'] }, async () => {
    expect(marked(result, 'TOOL')).toEqual(['/usr/local/bin/my-tool']);
    expect(await shop.facts('usr/local/bin/my-tool')).toMatch(/^-rwxr-xr-x/);
  });

  test('runs the hooks of the chosen install type', { tags: ['install-types.links', 'install-types.choice'] }, () => {
    expect(marked(result, 'TYPE')).toEqual(['package']);
  });
});

test('pip downloads to the image cache and sees the mirror there, and the image has neither', async () => {
  await using shop = await workshop({
    'pip/install.d/50-use': hook('echo "SEES $(cat /tmp/pypi/wheel)"', 'echo new >"$PIP_CACHE_DIR/download"'),
  });
  await mkdir(shop.at('cache/pypi/mirror'), { recursive: true });
  await writeFile(shop.at('cache/pypi/mirror/wheel'), 'mirrored');

  const result = await shop.build({ elements: ['pip-cache', 'pypi', 'pip'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'SEES')).toEqual(['mirrored']);
  expect(await readFile(shop.at('cache/pip/download'), 'utf8')).toBe('new\n');
  expect((await shop.names()).filter((name) => /^tmp\/.|pip\.conf/.test(name))).toEqual([]);
});

test("a package of the ssh server finds files in place of host keys, and the image has neither these nor others' keys", async () => {
  await using shop = await workshop({
    'ssh/element-deps': 'runtime-ssh-host-keys\n',
    'ssh/programs/install-packages': hook(
      'for type in rsa ecdsa ed25519 dsa; do',
      '  key=/etc/ssh/ssh_host_${type}_key',
      '  if [[ ! -f $key ]]; then echo key >"$key" && echo "MADE $type"; fi',
      'done',
      'touch /etc/ssh/sshd_config',
    ),
    'ssh/programs/rsync': hook('cp --recursive "${@: -2:1}." /'),
    'ssh/programs/systemctl': hook('echo "CALLED systemctl $*"'),
    'ssh/root.d/20-programs': hook('cp "$TMP_HOOKS_PATH/programs/"* "$TARGET_ROOT/usr/bin/"'),
  });

  const result = await shop.build({ elements: ['ssh'], env: { DISTRO_NAME: 'debian', DIB_INIT_SYSTEM: 'systemd' } });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'MADE')).toEqual(['dsa']);
  expect(marked(result, 'CALLED')).toEqual(['systemctl enable ssh-keygen.service']);
  expect((await shop.names()).filter((name) => name.startsWith('etc/ssh/'))).toEqual(['etc/ssh/sshd_config']);
});
