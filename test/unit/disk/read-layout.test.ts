import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UNPARTITIONED_LAYOUT } from '../../../src/disk/find-layout.ts';
import { rootMkfsOptions } from '../../../src/disk/layout-defaults.ts';
import { readLayout } from '../../../src/disk/read-layout.ts';
import { IngotError, type Issue } from '../../../src/model/error.ts';

const DEFAULTS = { rootType: 'ext4', mkfsOptions: () => ['-i', '4096'] };

function read(text: string, defaults = DEFAULTS) {
  return readLayout(text, 'disk.yaml', defaults);
}

function bundled(name: string, arch = 'default') {
  const file = new URL(`../../../elements/${name}/block-device-${arch}.yaml`, import.meta.url);
  return readLayout(readFileSync(file, 'utf8'), name, DEFAULTS);
}

function issuesOf(text: string): readonly Issue[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof IngotError && error.code === 'LAYOUT_INVALID') return error.details.issues ?? [];
    throw error;
  }
  throw new Error('the layout was accepted');
}

function messagesOf(text: string): readonly string[] {
  return issuesOf(text).map((issue) => issue.message);
}

/** A disk with one partition of the given settings, in the nested form. */
function partitioned(table: string, partition: string): string {
  return `- local_loop:\n    name: image0\n- partitioning:\n    base: image0\n${table}    partitions:\n      - name: root\n${partition}`;
}

describe('bundled layouts', () => {
  test('efi has an ESP, a BIOS boot partition and a root', { tags: ['layout.bundled-efi'] }, () => {
    const { layout, ...facts } = bundled('block-device-efi');

    expect(layout.disks[0]).toMatchObject({
      sectorSize: 512,
      content: {
        kind: 'table',
        label: 'gpt',
        partitions: [
          { name: 'ESP', type: 'EF00', size: { kind: 'bytes', bytes: 550 * 1024 * 1024 } },
          { name: 'BSP', type: 'EF02' },
          { name: 'root', type: '8300', size: { kind: 'percent', percent: 100 } },
        ],
      },
    });
    expect(facts).toEqual({
      fstab: 'LABEL=cloudimg-rootfs / ext4 defaults 0 1\nLABEL=MKFS_ESP /boot/efi vfat defaults 0 2\n',
      rootLabel: 'cloudimg-rootfs',
      rootType: 'ext4',
      bootLabel: '',
      mountPoints: '/boot/efi|/',
      warnings: [],
      mapperNeeds: [],
    });
  });

  test('mbr has one active primary partition whose filesystem takes type, label and options from the request', {
    tags: ['layout.bundled-mbr', 'layout.root'],
  }, () => {
    const { layout } = bundled('block-device-mbr');

    expect(layout.disks[0].content).toMatchObject({
      label: 'mbr',
      partitions: [
        {
          name: 'root',
          type: '0x83',
          flags: ['boot', 'primary'],
          content: { type: 'ext4', label: 'cloudimg-rootfs', options: ['-i', '4096'] },
        },
      ],
    });
  });

  test('efi-4k has large sectors and a smaller ESP', { tags: ['layout.bundled-efi-4k'] }, () => {
    const { layout, fstab, warnings } = bundled('block-device-efi-4k');

    expect(layout.disks[0]).toMatchObject({
      sectorSize: 4096,
      content: {
        label: 'gpt',
        partitions: [
          { name: 'ESP', type: 'EF00', size: { bytes: 500 * 1024 * 1024 } },
          { name: 'BSP', type: 'EF02', size: { bytes: 8 * 1024 * 1024 } },
          { name: 'root', content: { type: 'ext4', label: 'cloudimg-rootfs' } },
        ],
      },
    });
    expect(fstab).toBe('LABEL=cloudimg-rootfs / ext4 defaults 0 1\nLABEL=MKFS_ESP /boot/efi vfat defaults 0 2\n');
    expect(warnings).toEqual([]);
  });

  test('efi-lvm has root, /var and /home on volumes of xfs', { tags: ['layout.bundled-efi-lvm'] }, () => {
    const { layout, fstab, rootLabel, mountPoints, warnings, mapperNeeds } = bundled('block-device-efi-lvm');

    expect(layout.disks[0].content).toMatchObject({
      partitions: [
        { name: 'ESP', size: { bytes: 550 * 1024 * 1024 } },
        { name: 'BSP' },
        { name: 'root', flags: ['boot'], size: { bytes: 40e9 }, content: { kind: 'physical-volume', name: 'pv' } },
      ],
    });
    expect(layout.volumeGroups).toMatchObject([
      {
        name: 'vg',
        volumes: [
          { name: 'lv_root', size: { percent: 23 }, content: { type: 'xfs' } },
          { name: 'lv_var', size: { percent: 57 }, content: { type: 'xfs' } },
          { name: 'lv_home', size: { percent: 20 }, content: { type: 'xfs' } },
        ],
      },
    ]);
    expect(fstab).toBe(
      'LABEL=img-rootfs / xfs rw,relatime 0 1\nLABEL=MKFS_ESP /boot/efi vfat defaults 0 2\n' +
        'LABEL=fs_home /home xfs rw,nodev,relatime 0 2\nLABEL=fs_var /var xfs rw,relatime 0 2\n',
    );
    expect([rootLabel, mountPoints, warnings, mapperNeeds]).toEqual(['img-rootfs', '/boot/efi|/|/var|/home', [], []]);
  });

  test('mbr and gpt have a PReP partition for Power machines', { tags: ['layout.bundled-ppc64el'] }, () => {
    const partitions = (name: string) => bundled(name, 'ppc64el').layout.disks[0].content;
    const boot = { name: 'boot', size: { kind: 'bytes', bytes: 8 * 1024 * 1024 } };

    expect(partitions('block-device-mbr')).toMatchObject({
      label: 'mbr',
      partitions: [
        { ...boot, type: '0x41', flags: ['boot', 'primary'] },
        { name: 'root', flags: ['primary'] },
      ],
    });
    expect(partitions('block-device-gpt')).toMatchObject({
      label: 'gpt',
      partitions: [{ ...boot, type: '4100' }, { name: 'root' }],
    });
  });

  test('gpt and the layout without partitions can be read', { tags: ['layout.bundled-gpt'] }, () => {
    expect(bundled('block-device-gpt').layout.disks[0].content).toMatchObject({
      partitions: [{ type: 'EF02' }, { type: '8300' }],
    });
    expect(read(UNPARTITIONED_LAYOUT)).toMatchObject({
      fstab: 'LABEL=cloudimg-rootfs / ext4 defaults 0 1\n',
      mountPoints: '/',
      layout: { disks: [{ content: { kind: 'filesystem', name: 'mkfs_root' } }] },
    });
  });
});

describe('forms', () => {
  test('the flat form means the same as the nested one', { tags: ['layout.forms'] }, () => {
    const nested = partitioned(
      '    label: gpt\n',
      '        size: 100%\n        mkfs:\n          type: ext4\n          mount:\n            mount_point: /\n',
    );
    const flat = `
- local_loop: {name: image0}
- partitioning: {base: image0, label: gpt, partitions: [{name: root, size: 100%}]}
- mkfs: {base: root, type: ext4, name: mkfs_root}
- mount: {base: mkfs_root, mount_point: /}
`;

    expect(read(flat).layout).toEqual(read(nested).layout);
  });

  test('values stay the text they were written as', () => {
    const text = partitioned('    label: mbr\n', '        type: 0x07\n        size: 1GiB\n        flags: [primary]\n');
    const layout = `${text}        mkfs:\n          type: ext4\n          mount:\n            mount_point: /\n`;

    expect(read(layout).layout.disks[0].content).toMatchObject({
      partitions: [{ type: '0x07', size: { bytes: 1024 ** 3 } }],
    });
  });

  test('anchors and merge keys are followed', () => {
    const text = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - &part {name: one, size: 10MiB, type: '8E00'}
      - {<<: *part, name: root, type: '8300', mkfs: {type: ext4, mount: {mount_point: /}}}
`;

    expect(read(text).layout.disks[0].content).toMatchObject({
      partitions: [{ type: '8E00' }, { name: 'root', type: '8300', size: { bytes: 10 * 1024 * 1024 } }],
    });
  });

  test('an alias inside its own anchor ends', () => {
    expect(messagesOf('- &loop\n  local_loop: *loop\n')).toContain(
      'The layout has no disk called "image0", which is the one that boots',
    );
  });

  test('the request overrules the sector size of the layout', { tags: ['variables.block-size'] }, () => {
    const text =
      '- local_loop:\n    name: image0\n    block_size: 4096\n    mkfs:\n      type: ext4\n      mount: {mount_point: /}\n';

    expect(read(text).layout.disks[0].sectorSize).toBe(4096);
    expect(readLayout(text, 'disk.yaml', { ...DEFAULTS, sectorSize: 512 }).layout.disks[0].sectorSize).toBe(512);
  });
});

describe('the root filesystem', () => {
  test('keeps what the layout says of it', { tags: ['mkfs.blanks'] }, () => {
    const text = partitioned(
      '    label: gpt\n',
      '        size: 100%\n        mkfs: {type: ext2, label: data, opts: "-m  0", mount: {mount_point: /}}\n',
    );

    expect(read(text).layout.disks[0].content).toMatchObject({
      partitions: [{ content: { type: 'ext2', label: 'data', options: ['-m', '0'] } }],
    });
  });

  test('gets options for growth before the user’s own', {
    tags: ['mkfs.online-resize', 'mkfs.ext4', 'cli.max-online-resize'],
  }, () => {
    const request = { journalMib: 64, maxOnlineResize: 1000, userOptions: ['-m', '1'] };

    expect(rootMkfsOptions('ext4', request)).toEqual(['-E', 'resize=1000', '-i', '4096', '-J', 'size=64', '-m', '1']);
    expect(rootMkfsOptions('ext2', { ...request, maxOnlineResize: undefined })).toEqual(['-m', '1']);
    expect(rootMkfsOptions('xfs', request)).toEqual(['-m', '1']);
  });

  test('has no checksums of metadata in trusty', { tags: ['mkfs.trusty'] }, () => {
    const request = { journalMib: 64, userOptions: ['-m', '1'] };

    expect(rootMkfsOptions('ext4', { ...request, release: 'trusty' }).slice(0, 2)).toEqual(['-O', '^metadata_csum']);
    expect(rootMkfsOptions('ext4', { ...request, release: 'xenial' })).not.toContain('^metadata_csum');
  });
});

describe('faults', () => {
  test('all are told at once, each with its place and the choices', () => {
    const text = partitioned(
      '    label: dos\n',
      '        size: lots\n        type: QQ\n        mkfs:\n          type: reiserfs\n          mount:\n            mount_point: /\n',
    );

    expect(issuesOf(text)).toEqual([
      {
        message: '"dos" is not a kind of partition table',
        place: { file: 'disk.yaml', line: 5, column: 12 },
        hint: 'Write "label: gpt" or "label: mbr".',
      },
      expect.objectContaining({ message: '"lots" is not a size of a partition' }),
      expect.objectContaining({
        message: '"QQ" is not a GPT partition type',
        place: { file: 'disk.yaml', line: 9, column: 15 },
      }),
      expect.objectContaining({
        message: 'A filesystem of type "reiserfs" cannot be built',
        place: { file: 'disk.yaml', line: 11, column: 17 },
        hint: 'Choose one of ext2, ext3, ext4, vfat, xfs, btrfs, squashfs, erofs, swap.',
      }),
    ]);
  });

  test.each([
    ['text that is no YAML', '- local_loop: [', 'This is not valid YAML'],
    ['a map in place of the list', 'local_loop: {name: image0}', 'A layout is a list of nodes'],
    ['an unknown node', '- raid: {name: x}', '"raid" is not a kind of layout node'],
    ['no disk', '- mkfs: {base: root, type: ext4}', 'The layout has no disk called'],
    ['an empty disk', '- local_loop: {name: image0}', 'Nothing stands on the disk "image0"'],
    ['an odd name of a disk', '- local_loop: {name: image0}\n- local_loop: {name: a/b}', '"a/b" cannot be the name'],
    [
      'a base that is not there',
      '- local_loop: {name: image0}\n- mkfs: {base: x, type: ext4}',
      '"mkfs_x" cannot stand on "x"',
    ],
    [
      'a name twice',
      '- local_loop: {name: image0}\n- mkfs: {base: image0, name: image0, type: ext4}',
      'Two nodes are called',
    ],
    ['odd sectors', '- local_loop: {name: image0, block_size: 1000, mkfs: {type: ext4}}', 'Sectors of 1000 bytes'],
    ['no root', '- local_loop: {name: image0, mkfs: {type: ext4}}', 'No filesystem is mounted at /'],
    [
      'a label too long',
      '- local_loop: {name: image0, mkfs: {type: vfat, label: twelve-chars}}',
      'has 12 bytes and vfat has room for 11',
    ],
    [
      'a relative mount point',
      '- local_loop: {name: image0, mkfs: {type: ext4, mount: {mount_point: data}}}',
      'not a place to mount at',
    ],
    ['a bad UUID', '- local_loop: {name: image0, mkfs: {type: ext4, uuid: 12}}', '"12" is not a UUID'],
  ])('%s', (_case, text, message) => {
    expect(messagesOf(text).join('\n')).toContain(message);
  });

  test('primary partitions of an MBR come first and are at most four', () => {
    const table = (partitions: string) =>
      `- local_loop: {name: image0}\n- partitioning: {base: image0, label: mbr, partitions: [${partitions}]}`;
    const primary = (name: string) => `{name: ${name}, size: 1MiB, flags: [primary]}`;

    expect(messagesOf(table(`{name: a, size: 1MiB}, ${primary('b')}`))).toContain(
      'The primary partitions of an MBR table have to come first',
    );
    expect(messagesOf(table('abcde'.split('').map(primary).join(', ')))).toContain(
      'The MBR table has 5 primary partitions and room for 4',
    );
  });

  test('a key that nothing understands is a warning, not a fault', () => {
    const text = '- local_loop: {name: image0, colour: red, mkfs: {type: ext4, mount: {mount_point: /}}}';

    expect(read(text).warnings).toEqual([
      expect.objectContaining({ message: '"colour" means nothing to "local_loop" and is left out' }),
    ]);
  });
});
