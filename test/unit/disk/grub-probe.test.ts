import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readLayout } from '../../../src/disk/read-layout.ts';
import { targetDevices, targetFacts } from '../../../src/disk/target-facts.ts';
import { runForStatus } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';

const GRUB_PROBE = fileURLToPath(new URL('../../../lib/stand-ins/grub-probe', import.meta.url));

function layoutOf(name: string) {
  const file = new URL(`../../../elements/${name}/block-device-default.yaml`, import.meta.url);
  return readLayout(readFileSync(file, 'utf8'), name, { rootType: 'ext4', mkfsOptions: () => [] }).layout;
}

const FACTS = targetFacts(layoutOf('block-device-efi'), 'seed');
const [ROOT_UUID, ESP_UUID] = [...FACTS.matchAll(/fs_uuid=(.*)/g)].map((match) => match[1]);
const [ROOT_PARTUUID] = [...FACTS.matchAll(/partuuid=(.*)/g)].map((match) => match[1]);

/** A root on a logical volume. */
const ON_LVM = `
- local_loop: {name: image0}
- partitioning: {base: image0, label: gpt, partitions: [{name: root, size: 100%}]}
- lvm: {name: lvm, pvs: [{name: pv, base: root}], vgs: [{name: vg, base: [pv]}], lvs: [{name: lv_root, base: vg, extents: 9}]}
- mkfs: {base: lv_root, type: ext4, mount: {mount_point: /}}
`;

async function probe(words: readonly string[], facts: string = FACTS) {
  await using channel = await folderTree({ 'boot/layout': facts });
  return await runForStatus(GRUB_PROBE, words, { env: { PATH: '/usr/bin:/bin', INGOT_CHANNEL: channel.path } });
}

describe('facts about the disk', () => {
  test('have a path for the disk and each partition that exists nowhere', () => {
    expect(targetDevices(layoutOf('block-device-gpt'))).toEqual({
      main: '/dev/ingot0',
      byName: { image0: '/dev/ingot0', BSP: '/dev/mapper/ingot0p1', root: '/dev/mapper/ingot0p2' },
    });
  });

  test('name the partition of an MBR by the disk’s signature', () => {
    expect(targetFacts(layoutOf('block-device-mbr'), 'seed')).toMatch(/partmap=msdos[\s\S]*partuuid=[0-9a-f]{8}-01\n/);
  });
});

describe('the stand-in for grub-probe', () => {
  test.each([
    [['--target=device', '/'], '/dev/mapper/ingot0p3'],
    [['-t', 'device', '/usr/share'], '/dev/mapper/ingot0p3'],
    [['--target=disk', '/'], '/dev/ingot0'],
    [['--target=drive', '/'], '(hd0,gpt3)'],
    [['-tfs', '/'], 'ext2'],
    [['/'], 'ext2'],
    [['--target=fs_uuid', '/'], `${ROOT_UUID}`],
    [['--target=fs_label', '/'], 'cloudimg-rootfs'],
    [['--target=partmap', '/'], 'gpt'],
    [['--target=partuuid', '/'], `${ROOT_PARTUUID}`],
    [['--target=compatibility_hint', '/'], 'hd0,gpt3'],
    [['--target=hints_string', '/'], '--hint-bios=hd0,gpt3 --hint-efi=hd0,gpt3 --hint-baremetal=ahci0,gpt3'],
    [['--device', '/dev/mapper/ingot0p1', '--target=fs_uuid'], `${ESP_UUID}`],
    [['--device', 'LABEL=MKFS_ESP', '--target=fs'], 'fat'],
    [['--device', `UUID=${ROOT_UUID}`, '--target=device'], '/dev/mapper/ingot0p3'],
    [['--device', `/dev/disk/by-uuid/${ROOT_UUID}`, '--target=fs'], 'ext2'],
    [['--device', `PARTUUID=${ROOT_PARTUUID}`, '--target=fs'], 'ext2'],
    [['--device', '/dev/ingot0', '--target=partmap'], 'gpt'],
    [['-m', '/boot/grub/device.map', '-v', '--target=fs', '/'], 'ext2'],
  ])('answers %j', async (words, answer) => {
    expect(await probe(words)).toMatchObject({ status: 0, stdout: `${answer}\n`, stderr: '' });
  });

  test('says nothing of what a plain partition has not', async () => {
    expect(await probe(['--target=abstraction', '/'])).toMatchObject({ status: 0, stdout: '' });
    expect(await probe(['--target=cryptodisk_uuid', '/'])).toMatchObject({ status: 0, stdout: '' });
  });

  test('names a logical volume by what LVM calls it, whatever firmware asks', async () => {
    const { layout } = readLayout(ON_LVM, 'layout', { rootType: 'ext4', mkfsOptions: () => [] });
    const facts = targetFacts(layout, 'seed');
    const answer = async (target: string) => (await probe([`--target=${target}`, '/'], facts)).stdout;
    const uuid = '[0-9A-Za-z]{6}(-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}';

    expect(targetDevices(layout).byName).toMatchObject({ lv_root: '/dev/mapper/ingot-vg-lv_root' });
    expect(await answer('device')).toBe('/dev/mapper/ingot-vg-lv_root\n');
    expect(await answer('abstraction')).toBe('lvm\n');
    expect(await answer('partmap')).toBe('gpt\n');
    expect(await answer('compatibility_hint')).toMatch(new RegExp(`^lvmid/${uuid}/${uuid}\n$`));
    expect(await answer('hints_string')).toMatch(new RegExp(`^--hint='lvmid/${uuid}/${uuid}'\n$`));
  });

  test('knows which filesystem a path is on', async () => {
    const facts = FACTS.replace('mount=/boot/efi', 'mount=/tmp');

    expect((await probe(['--target=fs', '/tmp'], facts)).stdout).toBe('fat\n');
    expect((await probe(['--target=fs', '/usr'], facts)).stdout).toBe('ext2\n');
  });

  test.each([
    ['a device of another disk', ['--device', '/dev/sda1'], 'cannot find a GRUB drive for /dev/sda1'],
    ['a path that is not there', ['/no/such/path'], "failed to get canonical path of `/no/such/path'"],
    ['an unknown target', ['--target=colour', '/'], 'unknown target colour'],
    ['nothing', [], 'No path or device is specified'],
  ])('fails for %s', async (_case, words, message) => {
    expect(await probe(words)).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
  });

  test('says when it is asked too early', async () => {
    await using channel = await folderTree();
    const env = { PATH: '/usr/bin:/bin', INGOT_CHANNEL: channel.path };

    expect(await runForStatus(GRUB_PROBE, ['/'], { env })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the image has no disk yet; ask from finalise.d on'),
    });
  });
});
