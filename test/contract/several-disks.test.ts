import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { MIB } from '../../src/model/bytes.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';
import { askDebugfs, checkExt } from '../support/disk-image.ts';
import { partitionsOf } from '../support/partitions.ts';

/** The root on the disk that boots, data on a second disk, and a volume over a part of both on a third filesystem. */
const LAYOUT = `
- local_loop: {name: data0, size: 64MiB}
- partitioning:
    base: data0
    label: gpt
    partitions:
      - {name: srv, size: 32MiB, mkfs: {type: ext4, label: srv, mount: {mount_point: /srv, fstab: {}}}}
      - {name: far, size: 100%}
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: near, size: 20MiB}
      - {name: root, size: 100%, mkfs: {type: ext4, opts: "-J size=4", mount: {mount_point: /, fstab: {}}}}
- lvm:
    name: lvm
    pvs: [{name: pv1, base: near}, {name: pv2, base: far}]
    vgs: [{name: vg, base: [pv1, pv2]}]
    lvs: [{name: lv, base: vg, extents: 100%VG}]
- mkfs: {base: lv, type: ext2, label: spanned, mount: {mount_point: /spanned, fstab: {}}}
`;

describe('an image of several disks', () => {
  let shop: Workshop;
  const call = {
    elements: ['two'],
    options: ['-u', '-t', 'raw,qcow2,tar', '--checksum'],
    env: { DIB_BLOCK_DEVICE_CONFIG: LAYOUT, DIB_DEVICE_MODE: 'never' },
  };

  beforeAll(async () => {
    shop = await workshop({
      'two/install.d/10-files': hook('mkdir -p /srv /spanned; echo far >/srv/file; echo both >/spanned/file'),
      'two/finalise.d/10-devices': hook('echo "MAIN $IMAGE_BLOCK_DEVICE"; echo "ALL $IMAGE_BLOCK_DEVICES"'),
    });
    const result = await shop.build(call);
    expect(result.status, said(result)).toBe(0);
    expect(marked(result, 'MAIN')).toEqual(['/dev/ingot0']);
    expect(marked(result, 'ALL').join(' ')).toContain('[data0]=/dev/ingot1');
    expect(marked(result, 'ALL').join(' ')).toContain('[srv]=/dev/mapper/ingot1p1');
    return async () => await shop[Symbol.asyncDispose]();
  });

  test('is a file for each disk and format, and one archive of the whole tree', async () => {
    const files = (await readdir(shop.path)).filter((name) => name.startsWith('image.')).sort();

    const images = ['image.data0.qcow2', 'image.data0.raw', 'image.qcow2', 'image.raw', 'image.tar'];
    expect(files).toEqual(images.flatMap((name) => [name, `${name}.md5`, `${name}.sha256`]));
    expect(await shop.content('srv/file')).toBe('far\n');
    await run('qemu-img', ['compare', shop.at('image.data0.raw'), shop.at('image.data0.qcow2')]);
  });

  test('has each filesystem on its disk, and identifiers of its own on each', async () => {
    const [boot, data] = [shop.at('image.raw'), shop.at('image.data0.raw')];

    expect(await askDebugfs(data, MIB, 'cat file')).toBe('far\n');
    expect(await checkExt(data, MIB)).toBe('');
    const { partitions } = await partitionsOf(boot);
    expect(await askDebugfs(boot, partitions[1]?.offset ?? 0, 'cat etc/fstab')).toBe(
      'LABEL=cloudimg-rootfs / ext4 defaults 0 2\nLABEL=spanned /spanned ext2 defaults 0 2\nLABEL=srv /srv ext4 defaults 0 2\n',
    );
    const diskIds = await Promise.all(
      [boot, data].map(
        async (disk) => /Disk identifier \(GUID\): (.*)/.exec((await run('sgdisk', ['-p', disk])).stdout)?.[1],
      ),
    );
    expect(diskIds[0]).toMatch(/^[0-9A-F-]{36}$/);
    expect(diskIds[1]).not.toBe(diskIds[0]);
  });

  test('is handed out again from the cache, disk by disk', async () => {
    const digests = async () => (await run('sha256sum', ['image.raw', 'image.data0.raw'], { cwd: shop.path })).stdout;
    const before = await digests();

    const result = await shop.build({ ...call, env: { ...call.env, OVERWRITE_OLD_IMAGE: '1' } });

    expect(result.status, said(result)).toBe(0);
    expect(said(result)).not.toContain('Running disk');
    expect(await digests()).toBe(before);
  });
});

test('several disks are written in device mode too', async () => {
  await using shop = await workshop({
    'two/finalise.d/10-late': hook('echo late >/srv/late'),
  });

  const result = await shop.build({
    elements: ['two'],
    options: ['-t', 'raw'],
    env: { DIB_BLOCK_DEVICE_CONFIG: LAYOUT, DIB_DEVICE_MODE: 'always' },
  });

  expect(result.status, said(result)).toBe(0);
  expect(await askDebugfs(shop.at('image.data0.raw'), MIB, 'cat late')).toBe('late\n');
  const { partitions } = await partitionsOf(shop.at('image.raw'));
  expect(await askDebugfs(shop.at('image.raw'), partitions[1]?.offset ?? 0, 'ls -p srv')).not.toContain('late');
});
