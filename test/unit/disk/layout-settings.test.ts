import { describe, expect, test } from 'vitest';
import { readLayout } from '../../../src/disk/read-layout.ts';
import { GIB, MIB } from '../../../src/model/bytes.ts';
import { IngotError } from '../../../src/model/error.ts';

function read(text: string) {
  return readLayout(text, 'disk.yaml', { rootType: 'ext4', rootLabel: 'wanted', mkfsOptions: () => [] });
}

function faultsOf(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof IngotError && error.code === 'LAYOUT_INVALID')
      return (error.details.issues ?? []).map(({ message }) => message);
    throw error;
  }
  throw new Error('the layout was accepted');
}

/** A disk with partitions in flow style, each with what stands on it. */
function gpt(...partitions: readonly string[]): string {
  return `- local_loop: {name: image0}\n- partitioning: {base: image0, label: gpt, partitions: [${partitions.join(', ')}]}\n`;
}

const ROOT = '{name: root, size: 1GiB, mkfs: {type: ext4, mount: {mount_point: /, fstab: {fsck-passno: 1}}}}';

describe('names and bases', () => {
  test('come from kind and parent where nothing is written', { tags: ['layout.defaults'] }, () => {
    const nested = read('- local_loop: {name: image0, mkfs: {mount: {mount_point: /, fstab: {}}, type: ext4}}\n');
    const flat = read(`
- local_loop: {name: image0}
- mkfs: {base: image0, type: ext4}
- mount: {base: mkfs_image0, mount_point: /}
- fstab: {base: mount_mkfs_image0}
`);

    expect(nested.layout.disks[0].content).toMatchObject({ name: 'mkfs_image0', label: 'mkfs_image0' });
    expect(flat.layout).toEqual(nested.layout);
  });

  test('of image0 are those of the disk that boots', { tags: ['layout.boot-disk'] }, () => {
    expect(read(gpt(ROOT)).layout.disks[0].name).toBe('image0');
    expect(faultsOf(gpt(ROOT).replaceAll('image0', 'other'))).toEqual([
      'The layout has no disk called "image0", which is the one that boots',
    ]);
  });

  test('have to be sound', { tags: ['layout.faults'] }, () => {
    const text = `${gpt(ROOT, '{name: data, size: 10%, mkfs: {type: ext4, label: wanted, mount: {mount_point: /}}}')}
- mkfs: {base: nowhere, type: ext4}
- mkfs: {base: image0, name: root, type: ext4}
- tape: {name: t}
`;

    expect(faultsOf(text)).toEqual([
      'Two filesystems have the label "wanted"',
      'Two filesystems are mounted at /',
      '"mkfs_nowhere" cannot stand on "nowhere"',
      'Two nodes are called "root"',
      '"image0" already carries "partitioning_image0" and cannot carry "root" too',
      '"tape" is not a kind of layout node',
    ]);
  });
});

describe('settings', () => {
  test('of a disk are understood', { tags: ['layout.loop'] }, () => {
    const text = gpt(ROOT).replace('name: image0', 'name: image0, size: 3GiB, directory: /var/tmp, block_size: 4096');

    const { layout, warnings } = read(text);

    expect(layout.disks[0]).toMatchObject({ name: 'image0', size: 3 * GIB, sectorSize: 4096 });
    expect(warnings).toEqual([]);
  });

  test('of a partition table are understood', { tags: ['layout.partitioning'] }, () => {
    const { layout, warnings } = read(gpt(ROOT).replace('label: gpt', 'label: mbr, align: 4MiB'));

    expect(layout.disks[0].content).toMatchObject({ kind: 'table', label: 'mbr', align: 4 * MIB });
    expect(warnings).toEqual([]);
  });

  test('of a partition are understood', { tags: ['layout.partition'] }, () => {
    const usual = read(gpt(ROOT, '{name: data, size: 12.5%, flags: [boot], type: 0xFD00}')).layout.disks[0].content;
    const mbr = read(gpt(ROOT, '{name: data, size: 8MiB}').replace('gpt', 'mbr')).layout.disks[0].content;

    expect(usual).toMatchObject({
      partitions: [
        { name: 'root', type: '8300', flags: [], size: { kind: 'bytes', bytes: GIB } },
        { name: 'data', type: 'FD00', flags: ['boot'], size: { kind: 'percent', percent: 12.5 } },
      ],
    });
    expect(mbr).toMatchObject({ partitions: [{ type: '0x83' }, { type: '0x83' }] });
    expect(faultsOf(gpt('{name: root}', '{name: a, size: 1MiB, flags: [primary]}'))).toEqual(
      expect.arrayContaining([
        'The partition "root" needs a size',
        'A partition of a GPT table cannot have the flag "primary"',
      ]),
    );
  });

  test('of a filesystem are understood', { tags: ['layout.mkfs'] }, () => {
    const uuid = '0af1E9ac-4f36-4d5a-8b22-6d3a0d9b9a11';
    const data = `{name: data, size: 10%, mkfs: {name: fs, type: ext3, label: Data, opts: "-m 1 -q", uuid: ${uuid}}}`;

    const { layout, warnings } = read(gpt(ROOT, data));

    expect(layout.disks[0].content).toMatchObject({
      partitions: [
        {},
        { content: { name: 'fs', type: 'ext3', label: 'Data', options: ['-m', '1', '-q'], uuid: uuid.toLowerCase() } },
      ],
    });
    expect(warnings).toEqual([]);
    expect(faultsOf(gpt(ROOT, '{name: data, size: 10%, mkfs: {}}'))).toEqual(['"mkfs_data" needs a type']);
  });

  test('of mount and fstab are understood, and lines come in the order of mount points', {
    tags: ['layout.mount', 'layout.fstab', 'layout.order'],
  }, () => {
    const part = (name: string, point: string, fstab: string) =>
      `{name: ${name}, size: 64MiB, mkfs: {type: ext4, mount: {mount_point: ${point}, ${fstab}}}}`;
    const { fstab, mountPoints, bootLabel } = read(
      gpt(
        part('log', '/var/log', 'fstab: {options: "rw,nodev", dump-freq: 1, fsck-passno: 0}'),
        part('boot', '/boot', 'fstab:'),
        part('quiet', '/quiet', 'name: m'),
        part('var', '/var', 'fstab: {}'),
        ROOT,
      ),
    );

    expect(fstab).toBe(
      'LABEL=wanted / ext4 defaults 0 1\nLABEL=mkfs_boot /boot ext4 defaults 0 2\n' +
        'LABEL=mkfs_var /var ext4 defaults 0 2\nLABEL=mkfs_log /var/log ext4 rw,nodev 1 0\n',
    );
    expect(mountPoints).toBe('/var/log|/boot|/quiet|/var|/');
    expect(bootLabel).toBe('mkfs_boot');
  });
});

describe('labels', () => {
  test('are the name unless set, in capitals on vfat, and the request’s for the root', {
    tags: ['layout.label', 'cli.root-label'],
  }, () => {
    const { layout, rootLabel } = read(
      gpt(ROOT, '{name: a, size: 34MiB, mkfs: {type: vfat, label: data}}', '{name: b, size: 34MiB, mkfs: {type: fat}}'),
    );

    expect(rootLabel).toBe('wanted');
    expect(layout.disks[0].content).toMatchObject({
      partitions: [{}, { content: { label: 'DATA' } }, { content: { type: 'vfat', label: 'MKFS_B' } }],
    });
    expect(readLayout(gpt(ROOT), 'f', { rootType: 'ext4', mkfsOptions: () => [] }).rootLabel).toBe('cloudimg-rootfs');
    const xfs = { rootType: 'xfs', mkfsOptions: () => [] };
    expect(readLayout(gpt(ROOT.replace('type: ext4, ', '')), 'f', xfs).rootLabel).toBe('img-rootfs');
  });

  test.each([
    ['ext2', 16],
    ['ext3', 16],
    ['ext4', 16],
    ['xfs', 12],
    ['vfat', 11],
    ['swap', 16],
    ['erofs', 15],
  ])('of %s have room for %i bytes', { tags: ['layout.label'] }, (type, limit) => {
    const data = (label: string) =>
      gpt(ROOT, `{name: data, size: 1GiB, mkfs: {type: ${type}, label: ${label}, mount: {mount_point: /data}}}`);

    expect(read(data('L'.repeat(limit))).warnings).toEqual([]);
    expect(faultsOf(data('L'.repeat(limit + 1)))).toEqual([
      `The label "${'L'.repeat(limit + 1)}" has ${limit + 1} bytes and ${type} has room for ${limit}`,
    ]);
  });
});

describe('swap space', () => {
  const SWAP = (name: string) =>
    `{name: ${name}, size: 64MiB, mkfs: {type: swap, mount: {mount_point: none, fstab: {options: "pri=1", fsck-passno: 2}}}}`;

  test('has a line of its own in fstab behind all others, and no place in the tree', {
    tags: ['layout.mount'],
  }, () => {
    const { fstab, mountPoints, warnings } = read(gpt(SWAP('a'), ROOT, SWAP('b')));

    expect(fstab).toBe(
      'LABEL=wanted / ext4 defaults 0 1\nLABEL=mkfs_a none swap sw 0 0\nLABEL=mkfs_b none swap sw 0 0\n',
    );
    expect(mountPoints).toBe('none|/|none');
    expect(warnings).toEqual([]);
  });
});

describe('a squashfs', () => {
  const data = 'mkfs: {type: squashfs, mount: {mount_point: /data, fstab: {options: ro}}}';

  test('is named by its partition or volume, because it has no label', () => {
    const volume = `
- lvm: {name: l, pvs: [{name: pv, base: p}], vgs: [{name: vg, base: [pv]}], lvs: [{name: lv, base: vg, extents: 1}]}
- mkfs: {base: lv, type: squashfs, mount: {mount_point: /more, fstab: {}}}
`;

    const { fstab } = read(`${gpt(ROOT, `{name: data, size: 1MiB, ${data}}`, '{name: p, size: 20MiB}')}${volume}`);

    expect(fstab).toContain('PARTLABEL=data /data squashfs ro 0 2\n');
    expect(fstab).toContain('/dev/vg/lv /more squashfs defaults 0 2\n');
  });

  test('cannot be the root, be without files, or be named where nothing has a name', () => {
    const on = (settings: string, table = 'gpt') =>
      gpt(ROOT, `{name: data, size: 1MiB, ${settings}}`).replace('label: gpt', `label: ${table}`);

    expect(faultsOf(gpt('{name: root, size: 1GiB, mkfs: {type: squashfs, mount: {mount_point: /}}}'))).toEqual([
      'A squashfs has no label by which the root could be found at boot',
    ]);
    expect(faultsOf(on('mkfs: {type: squashfs}'))).toEqual(['The squashfs "mkfs_data" would be empty for ever']);
    expect(faultsOf(on('mkfs: {type: erofs}'))).toEqual(['The erofs "mkfs_data" would be empty for ever']);
    expect(faultsOf(on(data, 'mbr'))).toEqual(['A squashfs has no label by which /etc/fstab could name it']);
  });
});
