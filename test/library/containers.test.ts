import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { run, runForStatus } from '../../src/host/process.ts';
import { said, workshop } from '../support/cli.ts';
import { containerStorage } from '../support/container-storage.ts';
import { FAKE_CENTOS_TREE } from '../support/element-stand-ins.ts';
import { CALLS } from '../support/element-coverage.ts';
import { fakeRoot } from '../support/image-publisher.ts';
import { folderTree } from '../support/folder-tree.ts';
import { testUser } from '../support/test-user.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));

describe('a container file', () => {
  test.for([{ who: 'root' }, { who: 'a user' }])(
    'becomes the root, built for $who by the program that is there',
    async ({ who }) => {
      await using user = await testUser();
      await using scratch = await folderTree();
      const tree = await fakeRoot(scratch.at('source'));
      await run('chown', ['--recursive', '0:0', tree]);
      await run('chown', ['1000:1000', join(tree, 'boot')]);
      await using shop = await workshop({
        'mine/element-deps': 'containerfile\n',
        'mine/environment.d/10-mine.bash': 'export DISTRO_NAME=fake DIB_RELEASE=7\n',
        'mine/containerfiles/7': 'FROM scratch\nADD base.tar /\nRUN echo built >/etc/built\n',
      });
      await run('mkdir', [shop.at('context')]);
      await run('tar', ['--create', '--file', shop.at('context/base.tar'), '--directory', tree, '.']);
      const env = {
        DIB_CONTAINER_CONTEXT: shop.at('context'),
        // Not every machine that runs tests lets podman make control groups.
        DIB_CONTAINERFILE_BUILDOPTS: '--isolation=chroot',
      };
      const words = [join(BIN, 'disk-image-create'), '-n', '-t', 'tar', '-o', shop.at('image'), 'mine'];
      const [command = '', ...args] = who === 'root' ? words : await user.words(shop, words);

      const result = await runForStatus(command, args, { env: shop.environment({ env }), cwd: shop.at('work') });

      expect(result.status, said(result)).toBe(0);
      await expect(shop.content('etc/built')).resolves.toBe('built\n');
      await expect(shop.facts('boot')).resolves.toContain('1000/1000');
    },
  );

  test('that is not there is told with those that are', async () => {
    await using shop = await workshop({
      'mine/element-deps': 'containerfile\n',
      'mine/environment.d/10-mine.bash': 'export DISTRO_NAME=fake DIB_RELEASE=${DIB_RELEASE:-7}\n',
      'mine/containerfiles/9': 'FROM scratch\n',
      'mine/containerfiles/10': 'FROM scratch\n',
    });

    const result = await shop.command('disk-image-create', ['-n', '-t', 'tar', '-o', shop.at('image'), 'mine']);

    expect(result.status).toBe(1);
    expect(said(result)).toContain('root.d/08-containerfile of element containerfile');
    expect(said(result)).toMatch(/There is no container file \S+containerfiles\/7\./);
    expect(said(result)).toContain('The elements have container files for DIB_RELEASE of: 9 10');
  });
});

/** Names of container images as their publishers have them, and what the container files ask their tree for. */
const PUBLISHED = [
  {
    element: 'fedora-container',
    image: 'registry.fedoraproject.org/fedora:43',
    asks: ['dnf install -y findutils util-linux'],
  },
  {
    element: 'rocky-container',
    image: 'quay.io/rockylinux/rockylinux:9',
    asks: [
      'dnf group install -y Minimal Install --allowerasing',
      expect.stringMatching(/^dnf install -y --allowerasing NetworkManager NetworkManager-config-server curl /),
      expect.stringMatching(/^systemctl unmask .*\bsystemd-logind\.service\b/),
      'systemd-machine-id-setup ',
    ],
  },
  {
    element: 'almalinux-container',
    image: 'quay.io/almalinuxorg/almalinux:10',
    asks: [
      'dnf group install -y Minimal Install --allowerasing',
      expect.stringMatching(/^dnf install -y --allowerasing NetworkManager curl /),
      expect.stringMatching(/^systemctl unmask .*\bsystemd-logind\.service\b/),
      'systemd-machine-id-setup ',
    ],
  },
] as const;

describe('the element', () => {
  test.for(PUBLISHED)('$element makes a system with a kernel of the container $image', async (published) => {
    const { element, image, asks } = published;
    await using scratch = await folderTree();
    await using storage = await containerStorage();
    await storage.add(image, await fakeRoot(scratch.at('tree'), FAKE_CENTOS_TREE));
    await using shop = await workshop();
    const words = ['-n', '-a', 'amd64', '-t', 'tar', '-o', shop.at('image'), element];
    const env = { ...storage.env, DIB_CONTAINERFILE_BUILDOPTS: '--isolation=chroot --pull=never' };

    const result = await shop.command('disk-image-create', words, { env });

    expect(result.status, said(result)).toBe(0);
    const calls = (await shop.content(CALLS)).split('\n');
    expect(calls.slice(0, asks.length)).toEqual(asks);
    expect(calls.slice(asks.length)).toContainEqual(expect.stringMatching(/^dnf --assumeyes install .*\bkernel\b/));
    await expect(shop.content('etc/dnf/vars/basearch')).resolves.toBe('x86_64\n');
  });
});
