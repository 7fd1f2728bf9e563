import { expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { MIB } from '../../src/model/bytes.ts';
import { hook, said, workshop } from '../support/cli.ts';
import { partitionsOf } from '../support/partitions.ts';

const OPTIONS_LAYOUT = `
- local_loop: {name: image0}
- partitioning: {base: image0, label: gpt, partitions: [{name: one, size: 100%}]}
- lvm:
    name: lvm
    pvs: [{name: pv, base: one}]
    vgs: [{name: vg, base: [pv], options: [--clustered, y]}]
    lvs: [{name: root, base: vg, size: 8MiB, options: [--stripes, "2"]}]
- mkfs: {base: root, type: ext4, mount: {mount_point: /}}
`;

test('a layout that needs device-mapper is refused before any hook runs, with every reason and its place', async () => {
  await using shop = await workshop({ 'first/root.d/01-first': hook('echo "RAN first"') });

  const result = await shop.build({ elements: ['first'], env: { DIB_BLOCK_DEVICE_CONFIG: OPTIONS_LAYOUT } });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/^ *code +DEVICE_NEEDED$/m);
  expect(said(result)).toContain('4 things in the block-device layout need device-mapper');
  expect(said(result)).toContain('DIB_BLOCK_DEVICE_CONFIG:7:43: The option "--clustered" of "vg"');
  expect(said(result)).toContain('DIB_BLOCK_DEVICE_CONFIG:8:55: The option "--stripes" of "root"');
  expect(said(result)).not.toContain('RAN first');
});

const SMALL_DISK = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: data, size: 2GiB, mkfs: {type: ext4, mount: {mount_point: /data}}}
      - {name: root, size: 100%, mkfs: {type: ext4, mount: {mount_point: /}}}
`;

test('a wanted size that the layout itself does not fit is told before any hook runs', async () => {
  await using shop = await workshop({ 'first/root.d/01-first': hook('echo "RAN first"') });

  const result = await shop.build({
    elements: ['first'],
    options: ['-t', 'raw', '--image-size', '1'],
    env: { DIB_BLOCK_DEVICE_CONFIG: SMALL_DISK },
  });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/^ *code +IMAGE_TOO_SMALL$/m);
  expect(said(result)).toContain('The partition "data" needs 2.0 GiB, and the disk has 1022 MiB left for it');
  expect(said(result)).not.toContain('RAN first');
});

test('a disk too small for the files and the journal is told with what is missing, before the hooks of the final tree', {
  tags: ['size.small-tree'],
}, async () => {
  await using shop = await workshop({
    'late/post-root.d/10-all': hook('echo "RAN post-root"'),
    'late/pre-finalise.d/10-late': hook('echo "RAN pre-finalise"'),
  });

  const result = await shop.build({ elements: ['late'], options: ['-t', 'raw', '--image-size', '0.05'] });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/^ *code +IMAGE_TOO_SMALL$/m);
  expect(said(result)).toMatch(
    /The filesystem "mkfs_root" needs \d+\.?\d* MiB and gets 51\.3 MiB: \d+\.?\d* MiB are missing/,
  );
  expect(said(result)).toContain('RAN post-root');
  expect(said(result)).not.toContain('RAN pre-finalise');
});

test('an archive of the tree is made whatever size of disk is asked for', async () => {
  await using shop = await workshop({ 'one/install.d/10-one': hook('echo one >/etc/one') });

  const result = await shop.build({ elements: ['one'], options: ['--image-size', '0.01'] });

  expect(result.status, said(result)).toBe(0);
  expect(await shop.content('etc/one')).toBe('one\n');
});

test('the bundled disk with LVM has its volumes in 40 GB, with xfs in them', {
  tags: ['layout.bundled-efi-lvm'],
}, async () => {
  await using shop = await workshop({});

  const result = await shop.build({ elements: ['block-device-efi-lvm'], options: ['-t', 'raw', '--image-size', '38'] });

  expect(result.status, said(result)).toBe(0);
  const disk = shop.at('image.raw');
  const { partitions } = await partitionsOf(disk);
  const { offset = 0, size } = partitions[2] ?? {};
  expect(size).toBe(Math.floor(40e9 / MIB) * MIB);
  await run('dd', [`if=${disk}`, `of=${shop.at('pv')}`, 'bs=1M', `skip=${offset / MIB}`, 'count=2', 'status=none']);
  const { stdout: group } = await run('pvck', ['--dump', 'metadata', shop.at('pv')]);
  expect(group).toMatch(/^vg \{[\s\S]*pe_count = 9536\n/m);
  expect(group).toMatch(
    /lv_root \{[\s\S]*extent_count = 2193\n[\s\S]*lv_var[\s\S]*extent_count = 5435\n[\s\S]*= 1907\n/,
  );
  const place = ['--offset', String(offset + MIB), '--size', String(2193 * 4 * MIB)];
  expect((await run('blkid', ['--probe', ...place, disk])).stdout).toMatch(/ LABEL="img-rootfs" .*TYPE="xfs"/);
});
