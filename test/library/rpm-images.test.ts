import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, marked, said, workshop } from '../support/cli.ts';
import { type FolderTree, folderTree } from '../support/folder-tree.ts';
import { cloudDisk, imagePublisher } from '../support/image-publisher.ts';
import { SUBSCRIPTIONS } from '../support/rpm-distributions.ts';
import { type Distribution, filesOf, type RpmLab, rpmLab } from '../support/rpm-lab.ts';
import { eraseFrom, installInto, packagesIn, unpackedTree } from '../support/rpm-tree.ts';

let lab: RpmLab;
let scratch: FolderTree;
beforeAll(async () => {
  lab = await rpmLab();
  scratch = await folderTree();
  await installInto(scratch.at('tree'), filesOf(lab.common, BASE));
  await scratch.write({
    'tree/boot/efi/EFI/BOOT/BOOTX64.EFI': 'boot\n',
    [`tree/boot/loader/entries/${ENTRY}`]: 'title x\n',
  });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

/** What the cloud images of every distribution have. */
const BASE = 'filesystem setup basesystem host-programs bash rpm sudo systemd'.split(' ');

/** A boot entry as kernels make them, named by the identity of the machine that made the image. */
const ENTRY = '0123456789abcdef0123456789abcdef-6.1.conf';

/** What is looked at of an image: not its programs, which are most of it. */
const PLACES = ['boot', 'etc', 'usr/lib/os-release', 'usr/lib/sysimage/rpm'];

/** Makes a cloud image of a distribution, on a disk as its publisher has them. @param own names of the packages that make it one */
async function cloudImage(
  distribution: Distribution,
  own: string,
  file: string,
  type: 'xfs' | 'btrfs',
): Promise<string> {
  const names = own.split(' ');
  await installInto(scratch.at('tree'), filesOf(await lab.publish(distribution), names));
  await cloudDisk(scratch.at('tree'), file, type);
  await eraseFrom(scratch.at('tree'), names);
  return file;
}

const IMAGES = [
  {
    element: 'fedora',
    release: '43',
    own: 'fedora-release-common fedora-release-cloud fedora-repos fedora-gpg-keys dnf',
    file: 'Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2',
    type: 'btrfs',
    brings: ['dkms', 'kernel-modules', 'pyOpenSSL', 'selinux-policy-targeted', 'time', 'man-pages'],
  },
  {
    element: 'centos',
    release: '9-stream',
    own: 'centos-stream-release centos-stream-repos centos-gpg-keys dnf',
    file: 'CentOS-Stream-GenericCloud-9-20260101.0.x86_64.qcow2',
    type: 'xfs',
    brings: ['device-mapper-multipath', 'selinux-policy-targeted', 'time', 'man-pages'],
  },
  {
    element: 'opensuse',
    release: '15.6',
    own: 'openSUSE-release openSUSE-repos openSUSE-build-key zypper',
    file: 'openSUSE-Leap-15.6.x86_64-NoCloud.qcow2',
    type: 'xfs',
    brings: ['dracut-mkinitrd-deprecated', 'kernel-devel', 'lsb-release', 'time', 'man-pages'],
  },
] as const;

/** Asks for a package beside those of `-p`, and tells what there was before. */
const MORE = {
  'more/package-installs.yaml': 'man-pages:\n',
  'more/pre-install.d/10-look': hook('echo "RAN $DISTRO_NAME $DIB_RELEASE $(rpm --query man-pages)"'),
} as const;

test.for(IMAGES)(
  '$element starts from the image that its publisher shows, signed or not, and installs packages on top',
  async ({ element, release, own, file, type, brings }) => {
    await using publisher = await imagePublisher();
    await publisher.publish(await cloudImage(element, own, scratch.at(file), type));
    await run('cp', [publisher.at('CHECKSUM'), publisher.at('Fedora-Cloud-43-1.6-x86_64-CHECKSUM')]);
    await using shop = await workshop(MORE);
    const words = ['-n', '-a', 'amd64', '-t', 'tar', '-p', 'time', '-o', shop.at('image'), element, 'more'];
    const env = {
      DIB_CLOUD_IMAGES: `${publisher.server.url}/`,
      DIB_BASE_IMAGE_KEYRING: element === 'fedora' ? publisher.keyring : undefined,
    };

    const result = await shop.command('disk-image-create', words, { env });

    expect(result.status, said(result)).toBe(0);
    expect(marked(result, 'RAN')).toEqual([`${element} ${release} package man-pages is not installed`]);
    expect(said(result).includes('signature')).toBe(element !== 'fedora');
    const tree = await unpackedTree(shop, PLACES);
    expect(await packagesIn(tree)).toEqual(expect.arrayContaining([...brings, 'bash', 'sudo']));
    expect(await readFile(join(tree, 'boot/efi/EFI/BOOT/BOOTX64.EFI'), 'utf8')).toBe('boot\n');
    const isRenamed = !(await readdir(join(tree, 'boot/loader/entries'))).includes(ENTRY);
    expect(isRenamed).toBe(element === 'centos');
  },
);

test('rhel takes an image of this machine, which rhel-common registers, and installs packages on top', async () => {
  await using shop = await workshop(MORE);
  const own = 'redhat-release redhat-repos dnf';
  await cloudImage('rhel', own, shop.at('work/rhel.qcow2'), 'xfs');
  const words = ['-n', '-a', 'amd64', '-t', 'tar', '-p', 'time', '-o', shop.at('image'), 'rhel', 'more'];

  const result = await shop.command('disk-image-create', words, {
    env: { DIB_LOCAL_IMAGE: 'rhel.qcow2', DIB_RELEASE: '9', REG_METHOD: 'portal', REG_USER: 'ada', REG_POOL_ID: '7' },
  });

  expect(result.status, said(result)).toBe(0);
  const tree = await unpackedTree(shop, PLACES);
  expect(await packagesIn(tree)).toEqual(
    expect.arrayContaining(['device-mapper-multipath', 'git-core', 'time', 'man-pages']),
  );
  expect(await readFile(join(tree, 'etc/os-release'), 'utf8')).toContain('ID="rhel"\n');
  expect(await readdir(join(tree, 'boot/loader/entries'))).not.toContain(ENTRY);
  expect((await readFile(join(tree, SUBSCRIPTIONS), 'utf8')).split('\n')).toEqual([
    'register --username ada',
    'attach --pool=7',
    'repos --disable=*',
    'repos --enable rhel-9-for-x86_64-appstream-rpms --enable rhel-9-for-x86_64-baseos-rpms',
    'unregister',
    '',
  ]);
});
