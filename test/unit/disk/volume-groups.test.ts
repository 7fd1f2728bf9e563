import { describe, expect, test } from 'vitest';
import { readLayout } from '../../../src/disk/read-layout.ts';
import { MIB } from '../../../src/model/bytes.ts';
import { IngotError } from '../../../src/model/error.ts';

const DISK = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: one, size: 50%}
      - {name: two, size: 100%}
`;

/** A layout with LVM on two partitions; everything that is not given is usual. */
function layoutWith({
  pvs = '[{name: pv1, base: one}, {name: pv2, base: two}]',
  vgs = '[{name: vg, base: [pv1, pv2]}]',
  lvs = '[{name: root, base: vg, extents: 100%FREE}]',
}) {
  const filesystem = '- mkfs: {base: root, type: ext4, label: r, mount: {mount_point: /}}';
  return `${DISK}- lvm: {name: lvm, base: [one], pvs: ${pvs}, vgs: ${vgs}, lvs: ${lvs}}\n${filesystem}\n`;
}

function read(text: string) {
  return readLayout(text, 'disk.yaml', { rootType: 'ext4', mkfsOptions: () => [] });
}

function faultsOf(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof IngotError && error.code === 'LAYOUT_INVALID')
      return (error.details.issues ?? []).map(({ message, place }) => `${place?.line}:${place?.column} ${message}`);
    throw error;
  }
  throw new Error('the layout was accepted');
}

describe('volume groups', () => {
  test('stand on physical volumes of partitions, and carry volumes with filesystems', { tags: ['layout.lvm'] }, () => {
    const { layout, rootLabel, fstab } = read(layoutWith({}));

    expect(layout.disks[0].content).toMatchObject({
      partitions: [{ content: { kind: 'physical-volume', name: 'pv1' } }, { content: { name: 'pv2' } }],
    });
    expect(layout.volumeGroups).toMatchObject([
      {
        name: 'vg',
        physicalVolumes: ['pv1', 'pv2'],
        extentSize: 4 * MIB,
        volumes: [{ name: 'root', size: { kind: 'percent', percent: 100, of: 'free' }, content: { label: 'r' } }],
      },
    ]);
    expect(rootLabel).toBe('r');
    expect(fstab).toBe('');
  });

  test('may lie on a disk without partitions', () => {
    const text = `
- local_loop: {name: image0}
- lvm: {name: lvm, pvs: [{name: pv, base: image0}], vgs: [{name: vg, base: [pv]}], lvs: [{name: lv, base: vg, size: 8MiB}]}
- mkfs: {base: lv, type: ext4, mount: {mount_point: /}}
`;

    expect(read(text).layout.disks[0].content).toEqual({ kind: 'physical-volume', name: 'pv' });
  });

  test.each([
    ['size: 1800M', { kind: 'bytes', bytes: 429 * 4 * MIB }],
    ['size: 9MiB', { kind: 'bytes', bytes: 8 * MIB }],
    ['extents: 17', { kind: 'extents', count: 17 }],
    ['extents: 28%VG', { kind: 'percent', percent: 28, of: 'group' }],
    ['extents: 28%pvs', { kind: 'percent', percent: 28, of: 'group' }],
  ])('understand a volume of %s', (size, understood) => {
    const [group] = read(layoutWith({ lvs: `[{name: root, base: vg, ${size}}]` })).layout.volumeGroups;

    expect(group?.volumes[0]?.size).toEqual(understood);
  });

  test.each([
    ['[--physicalextentsize, 8M]', 8],
    ['["--physicalextentsize=16"]', 16],
    ['["-s 32768k", --force]', 32],
    ['[-s, 1G, -y]', 1024],
    ['[--force, -Z, n]', 4],
  ])('with the options %s have extents of %i MiB', (options, mib) => {
    const { layout, mapperNeeds } = read(layoutWith({ vgs: `[{name: vg, base: [pv1, pv2], options: ${options}}]` }));

    expect(layout.volumeGroups[0]?.extentSize).toBe(mib * MIB);
    expect(mapperNeeds).toEqual([]);
  });
});

describe('what only LVM’s own programs can do', () => {
  test.each([
    ['an option', '[{name: root, base: vg, size: 1GiB, options: [--stripes, "2"]}]', ['--stripes', '2']],
    [
      'an option of a pool',
      '[{name: pool, base: vg, size: 1GiB, type: thin-pool, options: [-c, "128"]}, {name: root, base: vg, size: 1GiB, thin-pool: pool}]',
      ['-c', '128'],
    ],
  ])('is noted with its place: %s', (_case, lvs, texts) => {
    const { mapperNeeds } = read(layoutWith({ lvs }));

    expect(mapperNeeds.map(({ message }) => message)).toEqual(texts.map((text) => expect.stringContaining(text)));
    expect(mapperNeeds[0]?.place).toMatchObject({ file: 'disk.yaml', line: 9 });
  });
});

test('every fault of thin volumes is told with its place', () => {
  const text = layoutWith({
    lvs: '[{name: pool, base: vg, size: 1GiB, type: thin-pool}, {name: root, base: vg, extents: 9, type: thin, thin-pool: pool}, {name: a, base: vg, size: 1GiB, type: thin}, {name: b, base: vg, size: 1GiB, thin-pool: root}]',
  });

  expect(faultsOf(text)).toEqual([
    '9:216 The thin volume "root" has extents, and takes none of its group',
    '9:287 The thin volume "a" names no pool',
    '9:337 "root" is not a thin pool of the group of "b"',
  ]);
  expect(faultsOf(layoutWith({ lvs: '[{name: root, base: vg, size: 1GiB, type: thin-pool}]' }))).toEqual([
    '10:16 "mkfs_root" cannot stand on the thin pool "root"',
  ]);
});

test('every fault of LVM is told with its place', () => {
  const text = layoutWith({
    pvs: '[{name: pv1, base: three}, {base: one}]',
    vgs: '[{name: vg, base: [pv1, pv3], options: ["-s 3K"]}, {name: -other, base: [pv1]}, {name: empty}]',
    lvs: '[{name: root, base: vg, type: raid}, {name: a, base: none, size: 1MiB}, {name: b, base: vg, extents: 200%VG}]',
  });

  expect(faultsOf(text)).toEqual([
    '9:57 "pv1" cannot stand on "three"',
    '9:65 An item of "pvs" needs a name',
    '9:102 "vg" cannot stand on "pv3"',
    '9:123 "3K" cannot be the extent size of "vg"',
    '9:142 "-other" cannot be the name of a volume or group',
    '9:156 The physical volume "pv1" belongs to "vg" already',
    '9:164 "empty" stands on no physical volume',
    '9:186 "root" needs a size or extents',
    '9:215 "raid" is not a type of logical volume',
    '9:238 "a" cannot stand on "none"',
    '9:286 "200%VG" is not a number of extents',
  ]);
  expect(faultsOf(`${DISK}- lvm: {name: x, vgs: []}`)).toEqual(
    expect.arrayContaining(['9:3 "x" has no "pvs"', '9:3 "x" has no "lvs"']),
  );
});

test('a volume smaller than an extent is a fault', () => {
  expect(faultsOf(layoutWith({ lvs: '[{name: root, base: vg, size: 1MiB}]' }))).toEqual([
    expect.stringContaining('The logical volume "root" is smaller than one extent of 4 MiB'),
  ]);
});

test('a partition cannot carry a filesystem and a physical volume', () => {
  expect(faultsOf(`${layoutWith({})}- mkfs: {base: one, type: ext4, name: again}\n`)).toEqual([
    expect.stringContaining('"one" already carries "pv1" and cannot carry "again" too'),
  ]);
});
