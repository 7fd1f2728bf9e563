import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UNPARTITIONED_LAYOUT } from '../../../src/disk/find-layout.ts';
import { readLayout } from '../../../src/disk/read-layout.ts';
import { originalLayout } from '../../support/original.ts';

/** What hooks learn of a layout, in the original's words. */
function ownLayout(text: string): Readonly<Record<string, string>> {
  const { rootLabel, rootType, mountPoints } = readLayout(text, 'f', { rootType: 'ext4', mkfsOptions: () => [] });
  return { 'root-label': rootLabel, 'root-fstype': rootType, 'mount-points': mountPoints };
}

function bundled(name: string): string {
  return readFileSync(new URL(`../../../elements/${name}/block-device-default.yaml`, import.meta.url), 'utf8');
}

const PARTITIONS = '- local_loop: {name: image0}\n- partitioning: {base: image0, label: gpt, partitions: ';

describe('a layout means what it means to the original', () => {
  test.each<[string, string]>([
    ...['block-device-mbr', 'block-device-gpt', 'block-device-efi', 'block-device-efi-lvm'].map(
      (name): [string, string] => [name, bundled(name)],
    ),
    ['no layout', UNPARTITIONED_LAYOUT],
    [
      'a flat one with a boot partition and labels of its own',
      `${PARTITIONS}[{name: boot, size: 100MiB}, {name: root, size: 90%}]}
- mkfs: {base: root, type: xfs, label: system}
- mkfs: {base: boot, name: starts, type: vfat, label: start}
- mount: {base: mkfs_root, mount_point: /}
- mount: {base: starts, mount_point: /boot}
- fstab: {base: mount_mkfs_root}
`,
    ],
  ])('%s', { tags: ['layout.forms', 'layout.defaults', 'phases.layout-facts'] }, async (_case, text) => {
    expect(ownLayout(text)).toEqual(await originalLayout(text));
  });
});
