import { expect, test } from 'vitest';
import { hook, said, workshop } from '../support/cli.ts';

const THIN_LAYOUT = `
- local_loop: {name: image0}
- partitioning: {base: image0, label: gpt, partitions: [{name: one, size: 100%}]}
- lvm:
    name: lvm
    pvs: [{name: pv, base: one}]
    vgs: [{name: vg, base: [pv], options: [--clustered, y]}]
    lvs: [{name: pool, base: vg, size: 8MiB, type: thin-pool}]
- mkfs: {base: pool, type: ext4, mount: {mount_point: /}}
`;

test('a layout that needs device-mapper is refused before any hook runs, with every reason and its place', async () => {
  await using shop = await workshop({ 'first/root.d/01-first': hook('echo "RAN first"') });

  const result = await shop.build({ elements: ['first'], env: { DIB_BLOCK_DEVICE_CONFIG: THIN_LAYOUT } });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/^ *code +DEVICE_NEEDED$/m);
  expect(said(result)).toContain('3 things in the block-device layout need device-mapper');
  expect(said(result)).toContain('DIB_BLOCK_DEVICE_CONFIG:7:43: The option "--clustered" of "vg"');
  expect(said(result)).toContain('DIB_BLOCK_DEVICE_CONFIG:8:52: The logical volume "pool" is thinly provisioned');
  expect(said(result)).not.toContain('RAN first');
});
