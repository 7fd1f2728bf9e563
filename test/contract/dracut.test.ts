import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hook, marked, said, workshop } from '../support/cli.ts';
import { RAMDISK_OS, unpackRamdisk } from '../support/ramdisk-os.ts';

describe('a ramdisk of dracut', () => {
  const call = {
    command: 'ramdisk-image-create',
    options: ['--ramdisk-element', 'dracut-ramdisk'],
    elements: ['deploy'],
  } as const;

  test('is made with the elements’ programs, drivers, fragments and files', { tags: ['ramdisk.dracut'] }, async () => {
    await using shop = await workshop({
      ...RAMDISK_OS,
      'deploy/element-deps': 'ramdisk-os\n',
      'deploy/binary-deps.d/deploy': 'sort\n',
      'deploy/dracut-drivers.d/deploy': 'nvme igb\n',
      'deploy/init.d/90-last': 'echo last\n',
      'deploy/udev.d/99-deploy.rules': 'SUBSYSTEM=="deploy"\n',
      'deploy/ramdisk-install.d/50-add': hook('mkdir "$TMP_MOUNT_PATH/etc"; echo added >"$TMP_MOUNT_PATH/etc/added"'),
    });

    const result = await shop.build(call);

    expect(result.status, said(result)).toBe(0);
    const words = marked(result, 'DRACUT');
    const wordsOf = (option: string) => words[words.indexOf(option) + 1]?.split(' ');
    expect(wordsOf('--install')).toEqual(expect.arrayContaining(['sort', 'awk', 'wget', 'tftp']));
    expect(wordsOf('--add-drivers')).toEqual(['virtio', 'virtio_net', 'virtio_blk', 'nvme', 'igb']);
    expect(wordsOf('--omit')).toEqual(['dash', 'plymouth']);
    expect(wordsOf('--kver')).toEqual(['5.9.0-1']);
    expect(words).toContain('-N');
    const ramdisk = await unpackRamdisk(shop);
    expect(await readFile(join(ramdisk, 'etc/added'), 'utf8')).toBe('added\n');
    expect(await readFile(join(ramdisk, 'usr/lib/udev/rules.d/99-deploy.rules'), 'utf8')).toContain('deploy');
    expect(await readFile(join(ramdisk, 'init-func'), 'utf8')).toContain('function find_disk');
    const init = await readFile(join(ramdisk, 'module/init.sh'), 'utf8');
    const fragments = [...init.matchAll(/^# init fragment from (.*)$/gm)].map(([, name]) => name);
    expect(fragments).toEqual(['00-override-troubleshoot', '20-init-variables', '40-check-network-ready', '90-last']);
    const module = await readFile(join(ramdisk, 'module/module-setup.sh'), 'utf8');
    expect(module).toMatch(/inst_hook cmdline 80 .*\n.*inst_hook pre-mount 50 .*init\.sh/);
    expect(await readFile(shop.at('image.kernel'), 'utf8')).toBe('kernel 5.9.0-1\n');
  });
});

describe('dracut-regenerate', () => {
  const files = {
    ...RAMDISK_OS,
    'tuned/element-deps': 'dracut-regenerate\nramdisk-os\n',
    'tuned/dracut.conf.d/50-tuned.conf': 'compress="zstd"\n',
    'tuned/post-install.d/50-boot': hook('touch /etc/debian_version /boot/initrd.img-5.{9.0-1,10.0-9}'),
  };

  test('makes the ramdisk anew with modules, their packages and settings', {
    tags: ['ramdisk.dracut-regenerate'],
  }, async () => {
    await using shop = await workshop(files);

    const result = await shop.build({ elements: ['tuned'] });

    expect(result.status, said(result)).toBe(0);
    expect(marked(result, 'PACKAGES')).toContain('cryptsetup lvm2');
    expect(marked(result, 'DRACUT')).toEqual([
      '--force',
      '--reproducible',
      '--add',
      'crypt lvm',
      '/boot/initrd.img-5.10.0-9',
      '5.10.0-9',
    ]);
    expect(await shop.content('etc/dracut.conf.d/50-tuned.conf')).toBe('compress="zstd"\n');
    expect((await shop.names()).filter((name) => name.includes('diskimage-builder'))).toEqual([]);
  });

  test('names every fault of its list, with the place, before packages are installed', async () => {
    await using shop = await workshop(files);
    const list = '- name: crypt\n  packages: cryptsetup\n- package: [lvm2]\n';

    const result = await shop.build({ elements: ['tuned'], env: { DIB_DRACUT_ENABLED_MODULES: list } });

    expect(result.status).toBe(1);
    expect(said(result)).toMatch(/DIB_DRACUT_ENABLED_MODULES:2:3\b.*"0\.packages": has to be a list of packages/);
    expect(said(result)).toMatch(
      /DIB_DRACUT_ENABLED_MODULES:3:3\b.*"1\.name": has to be the name of a module of dracut/,
    );
    expect(said(result)).toContain('DEFINITION_INVALID');
    expect(said(result)).not.toContain('PACKAGES');
  });
});
