import { readFile, stat } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIRST_EXTENT, placeVolumeGroup, volumeSpans } from '../../../src/disk/place-volumes.ts';
import { run, runForStatus } from '../../../src/host/process.ts';
import { bytes, MIB } from '../../../src/model/bytes.ts';
import type { LogicalVolumeSize } from '../../../src/model/disk.ts';
import { askDebugfs, assemble, checkExt } from '../../support/disk-image.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

/** Two physical volumes; the volume "wide" fits neither of them. */
const LAYOUT = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: one, size: 64MiB}
      - {name: two, size: 100%}
- lvm:
    name: lvm
    pvs: [{name: pv1, base: one}, {name: pv2, base: two}]
    vgs: [{name: vg-0, base: [pv1, pv2]}]
    lvs:
      - {name: root, base: vg-0, size: 33MiB}
      - {name: wide, base: vg-0, extents: 100%FREE}
- mkfs: {base: root, type: ext4, label: root, mount: {mount_point: /}}
- mkfs: {base: wide, type: ext4, label: wide, mount: {mount_point: /wide}}
`;
const ONE_AT = MIB;

describe('a volume group on two partitions', () => {
  let scratch: FolderTree;
  let image: string;

  beforeAll(async () => {
    scratch = await folderTree({ 'tree/etc/hostname': 'on LVM', 'tree/wide/file': 'across' });
    image = scratch.at('image.raw');
    expect(await assemble({ tree: scratch.at('tree'), output: image, layout: LAYOUT, mib: 130 })).toMatchObject({
      status: 0,
    });
    for (const [name, skip, count] of [
      ['one', 1, 64],
      ['two', 65, 64],
    ] as const)
      await dd(image, scratch.at(name), { skip, count });
  });

  afterAll(async () => {
    await scratch[Symbol.asyncDispose]();
  });

  async function dd(from: string, to: string, { skip, count, seek = 0 }: Readonly<Record<string, number>>) {
    const place = [`skip=${skip}`, `count=${count}`, `seek=${seek}`, 'bs=1M', 'conv=sparse,notrunc', 'status=none'];
    await run('dd', [`if=${from}`, `of=${to}`, ...place]);
  }

  test('has labels and metadata that LVM finds sound', async () => {
    for (const name of ['one', 'two']) {
      const { status, stdout, stderr } = await runForStatus('pvck', ['--dump', 'headers', scratch.at(name)]);

      expect(status).toBe(0);
      expect(stdout + stderr).not.toMatch(/CHECK|WARN|nvalid/);
      expect(stdout).toContain(`pv_header.device_size ${64 * MIB}`);
      expect(stdout).toMatch(/metadata text at 4608 crc 0x\w+ # vgname vg-0 seqno 1/);
    }
  });

  test('is described alike on both', async () => {
    const described = async (name: string) => (await run('pvck', ['--dump', 'metadata', scratch.at(name)])).stdout;

    const text = await described('one');

    expect(text).toContain('pe_count = 15');
    expect(text).toMatch(/root \{[\s\S]*extent_count = 8\n[\s\S]*wide \{[\s\S]*segment_count = 2\n/);
    expect(await described('two')).toBe(text);
  });

  test('has filesystems in their extents, in one piece or in two', async () => {
    const data = ONE_AT + FIRST_EXTENT;
    expect(await checkExt(image, data)).toBe('');
    expect(await askDebugfs(image, data, 'cat etc/hostname')).toBe('on LVM');

    // The second volume: seven extents behind the first on one partition, then all fifteen of the other.
    await dd(image, scratch.at('wide'), { skip: 2 + 32, count: 28 });
    await dd(image, scratch.at('wide'), { skip: 65 + 1, count: 60, seek: 28 });
    expect(await checkExt(scratch.at('wide'), 0)).toBe('');
    expect(await askDebugfs(scratch.at('wide'), 0, 'cat file')).toBe('across');
    expect((await stat(scratch.at('wide'))).size).toBe(88 * MIB);
  });

  test('is the same byte for byte once more, and leaves no file beside it', async () => {
    await assemble({ tree: scratch.at('tree'), output: scratch.at('again.raw'), layout: LAYOUT, mib: 130 });

    expect((await readFile(scratch.at('again.raw'))).equals(await readFile(image))).toBe(true);
    await expect(stat(scratch.at('mkfs_wide.filesystem'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('that is too small is told with what is missing', async () => {
    const layout = LAYOUT.replace('33MiB', '200MiB');

    const { stderr } = await assemble({ tree: scratch.at('tree'), output: scratch.at('no.raw'), layout, mib: 130 });

    expect(JSON.parse(stderr)).toMatchObject({
      code: 'IMAGE_TOO_SMALL',
      message: 'The logical volume "root" needs 200 MiB, and the volume group "vg-0" has 120 MiB left for it',
      hint: 'Raise --image-size by 80.0 MiB or more, or make volumes smaller.',
    });
  });
});

test('a physical volume that no group takes is one all the same', async () => {
  await using scratch = await folderTree({ 'tree/a': 'a' });
  const layout = LAYOUT.replace('base: [pv1, pv2]', 'base: [pv1]')
    .replace('100%FREE', '1')
    .replace(/- mkfs: {base: wide.*\n/, '');

  expect(await assemble({ tree: scratch.at('tree'), output: scratch.at('raw'), layout, mib: 130 })).toMatchObject({
    status: 0,
  });

  await run('dd', [`if=${scratch.at('raw')}`, `of=${scratch.at('two')}`, 'bs=1M', 'skip=65', 'status=none']);
  const { stdout } = await run('pvck', ['--dump', 'headers', scratch.at('two')]);
  expect(stdout).toContain('mda_header_1.raw_locn[0].size 0');
  expect(stdout).not.toMatch(/CHECK|WARN/);
});

test('no two volumes share a byte, and all lie on their physical volumes', () => {
  const sizes = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('extents'), count: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ kind: fc.constant('bytes'), bytes: fc.integer({ min: 1, max: 40 * MIB }).map(bytes) }),
      fc.record({
        kind: fc.constant('percent'),
        percent: fc.integer({ min: 20, max: 40 }),
        of: fc.constantFrom('group', 'free'),
      }),
    ),
    { minLength: 1, maxLength: 3 },
  );
  const members = fc.array(fc.integer({ min: 60, max: 99 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(sizes, members, (wanted: readonly LogicalVolumeSize[], mibs) => {
      const extentSize = bytes(4 * MIB);
      const placed = mibs.map((mib, index) => ({
        node: { kind: 'physical-volume', name: `pv${index}` } as const,
        span: { disk: `disk${index}`, start: bytes(index * MIB), size: bytes(mib * MIB) },
      }));
      const physicalVolumes = placed.map(({ node }) => node.name);
      const volumes = wanted.map((size, index) => ({ kind: 'logical-volume', name: `lv${index}`, size }) as const);

      let group: ReturnType<typeof placeVolumeGroup>;
      try {
        group = placeVolumeGroup({ kind: 'volume-group', name: 'vg', physicalVolumes, extentSize, volumes }, placed);
      } catch {
        fc.pre(false);
        return;
      }

      const spans = group.volumes.flatMap((volume) => volumeSpans(group, volume));
      for (const { disk, start, size } of spans) {
        const home = placed.find(({ span }) => span.disk === disk)?.span;
        expect(start).toBeGreaterThanOrEqual((home?.start ?? 0) + MIB);
        expect(start + size).toBeLessThanOrEqual((home?.start ?? 0) + (home?.size ?? 0));
        const others = spans.filter((other) => other.disk === disk && other.start !== start);
        for (const other of others) expect(other.start >= start + size || other.start + other.size <= start).toBe(true);
      }
    }),
  );
});
