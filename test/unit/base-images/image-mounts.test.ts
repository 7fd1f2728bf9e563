import { expect, test } from 'vitest';
import { imageMounts } from '../../../src/base-images/image-mounts.ts';
import type { FoundFilesystem } from '../../../src/disk/find-filesystems.ts';

const EFI: FoundFilesystem = {
  place: 'partition 1',
  offset: 1,
  size: 1,
  type: 'vfat',
  uuid: '1234-ABCD',
  partitionType: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
};
const BOOT: FoundFilesystem = { place: 'partition 2', offset: 2, size: 1, type: 'ext4', label: 'boot' };
const ROOT: FoundFilesystem = { place: 'partition 3', offset: 3, size: 1, type: 'btrfs', uuid: 'r' };

test('the file system table says what belongs where, those above first', () => {
  const fstab = [
    '# comment',
    'UUID=1234-ABCD /boot/efi vfat umask=0077 0 2',
    'LABEL=boot /boot/ ext4 defaults 1 2',
    'UUID=r / btrfs subvol=root,compress=zstd:1 0 0',
    'UUID=r /var btrfs subvol=var,compress=zstd:1 0 0',
    'LABEL=elsewhere /srv xfs defaults 0 0',
    '/dev/vdb1 /data ext4 defaults 0 0',
    'UUID=s none swap defaults 0 0',
  ].join('\n');

  expect(imageMounts(fstab, [EFI, BOOT, ROOT], ROOT)).toEqual([
    { filesystem: BOOT, folder: '/boot', options: [] },
    { filesystem: ROOT, folder: '/var', options: ['subvol=var'] },
    { filesystem: EFI, folder: '/boot/efi', options: [] },
  ]);
});

test('partitions for booting are known without a table', () => {
  expect(imageMounts('', [EFI, BOOT, ROOT], ROOT)).toEqual([
    { filesystem: BOOT, folder: '/boot', options: [] },
    { filesystem: EFI, folder: '/boot/efi', options: [] },
  ]);
});

test('a partition that the table puts elsewhere is not put twice', () => {
  const mounts = imageMounts(
    'UUID=1234-ABCD /efi vfat defaults 0 2\nLABEL=boot /kernels ext4 defaults',
    [EFI, BOOT, ROOT],
    ROOT,
  );

  expect(mounts.map(({ folder }) => folder)).toEqual(['/efi', '/kernels']);
});
