import { beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { askDebugfs, checkExt } from '../support/disk-image.ts';
import { folderTree } from '../support/folder-tree.ts';
import {
  DEVELOPER,
  type ImageCall,
  image,
  needDeveloper,
  needServer,
  needUefiServer,
  SERVER,
  UEFI_SERVER,
} from '../support/image-build.ts';
import { extractPartition, type FoundPartition, partitionsOf } from '../support/partitions.ts';

const LINUX_GPT = '0FC63DAF-8483-4772-8E79-3D69D8477DE4';
const BIOS_BOOT_GPT = '21686148-6449-6E6F-744E-656564454649';
const ESP_GPT = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B';
const MIB = 1024 * 1024;

/** The first partition of a type. */
function ofType(partitions: readonly FoundPartition[], type: string): FoundPartition {
  const found = partitions.find((partition) => partition.type === type);
  if (found === undefined) throw new Error(`No partition of type ${type} in ${JSON.stringify(partitions)}`);
  return found;
}

/** What every root filesystem of these images has, whatever the table around it. */
async function expectRootFilesystem(call: ImageCall, { offset, size }: FoundPartition): Promise<void> {
  const disk = image(call, 'raw');
  const { stdout: kind } = await run('blkid', ['--probe', '--offset', String(offset), '--size', String(size), disk]);
  expect(kind).toMatch(/ LABEL="cloudimg-rootfs" .* TYPE="ext4"/);
  expect(await checkExt(disk, offset)).toBe('');
  expect(await askDebugfs(disk, offset, 'cat /etc/fstab')).toContain('LABEL=cloudimg-rootfs / ext4 ');
  expect(await askDebugfs(disk, offset, 'cat /boot/grub/grub.cfg')).toMatch(
    /linux\s+\S*\/vmlinuz-\S+ root=LABEL=cloudimg-rootfs /,
  );
  expect(await askDebugfs(disk, offset, 'stat /etc/machine-id')).toMatch(/Size: 0$/m);
  expect(await askDebugfs(disk, offset, 'ls -p /etc/ssh')).not.toContain('ssh_host_');
  expect(await askDebugfs(disk, offset, 'ls -p /tmp')).not.toMatch(/\/\d+\/\d+\/\d+\/\d+\/[^./]/);
}

describe('a server on an MBR disk', () => {
  beforeAll(async () => await needServer());

  test('has one bootable partition with its root filesystem', async () => {
    const { label, partitions } = await partitionsOf(image(SERVER, 'raw'));

    expect(label).toBe('dos');
    expect(partitions).toEqual([expect.objectContaining({ offset: MIB, type: '83', isBootable: true })]);
    await expectRootFilesystem(SERVER, ofType(partitions, '83'));
  });

  test('starts GRUB from the boot sector', async () => {
    await using scratch = await folderTree({});
    await run('dd', [`if=${image(SERVER, 'raw')}`, `of=${scratch.at('mbr')}`, 'bs=512', 'count=1', 'status=none']);

    const { stdout } = await run('file', [scratch.at('mbr')]);

    expect(stdout).toContain('DOS/MBR boot sector');
    expect((await run('grep', ['--count', '--text', 'GRUB', scratch.at('mbr')])).stdout.trim()).toBe('1');
  });
});

describe('an image for developers on a GPT disk', () => {
  beforeAll(async () => void (await needDeveloper()));

  test('has a partition for GRUB and one for the root filesystem', async () => {
    const { label, partitions } = await partitionsOf(image(DEVELOPER, 'raw'));

    expect(label).toBe('gpt');
    expect(partitions.map(({ type }) => type)).toEqual([BIOS_BOOT_GPT, LINUX_GPT]);
    await expectRootFilesystem(DEVELOPER, ofType(partitions, LINUX_GPT));
    expect((await run('sgdisk', ['--verify', image(DEVELOPER, 'raw')])).stdout).toContain('No problems found');
  });
});

describe('a server on a disk for UEFI and BIOS', () => {
  beforeAll(async () => await needUefiServer());

  test('has a sound EFI system partition with a loader at the path for removable disks', async () => {
    const { partitions } = await partitionsOf(image(UEFI_SERVER, 'raw'));
    await using scratch = await folderTree({});
    const esp = scratch.at('esp');

    await extractPartition(image(UEFI_SERVER, 'raw'), ofType(partitions, ESP_GPT), esp);

    await run('fsck.vfat', ['-n', esp]);
    const names = (await run('mdir', ['-b', '-i', esp, '::/EFI/BOOT'])).stdout.toUpperCase();
    expect(names).toContain('/BOOTX64.EFI');
    expect(names).toContain('/GRUBX64.EFI');
  });

  test('has a root filesystem that names the EFI system partition', async () => {
    const { label, partitions } = await partitionsOf(image(UEFI_SERVER, 'raw'));
    const root = ofType(partitions, LINUX_GPT);

    expect(label).toBe('gpt');
    expect(partitions.map(({ type }) => type).sort()).toEqual([LINUX_GPT, BIOS_BOOT_GPT, ESP_GPT].sort());
    await expectRootFilesystem(UEFI_SERVER, root);
    expect(await askDebugfs(image(UEFI_SERVER, 'raw'), root.offset, 'cat /etc/fstab')).toMatch(/ \/boot\/efi vfat /);
    expect((await run('sgdisk', ['--verify', image(UEFI_SERVER, 'raw')])).stdout).toContain('No problems found');
  });

  test('is the same disk as qcow2, without compression', async () => {
    const [raw, qcow2] = [image(UEFI_SERVER, 'raw'), image(UEFI_SERVER, 'qcow2')];

    const { stdout } = await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', raw, qcow2]);

    expect(stdout).toContain('Images are identical.');
  });
});
