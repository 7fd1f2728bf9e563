import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readLayout } from '../../../src/disk/read-layout.ts';
import { targetFacts } from '../../../src/disk/target-facts.ts';
import { runForStatus } from '../../../src/host/process.ts';
import type { Environment } from '../../../src/model/request.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

const STAND_INS = fileURLToPath(new URL('../../../lib/stand-ins', import.meta.url));

/** Writes its arguments behind `-o FILE` into FILE. */
const MKIMAGE =
  '#!/bin/bash\nfor i in $(seq $#); do if [[ ${!i} == -o ]]; then j=$((i+1)); echo "$@" >"${!j}"; fi; done\n';

/** A tree whose `/boot` lies in the scratch folder, with GRUB's modules and a recording grub-mkimage. */
async function grubTree(
  bootMount?: string,
  root = '- {name: root, size: 50%, mkfs: {type: ext4, mount: {mount_point: /}}}',
  others = '',
): Promise<FolderTree> {
  const modules = { 'modinfo.sh': '', 'boot.img': 'boot', 'ext2.mod': 'ext2', 'fs.lst': 'ext2', 'kernel.img': 'no' };
  const scratch = await folderTree({
    'bin/grub-mkimage': `exec:${MKIMAGE}`,
    ...Object.fromEntries(Object.entries(modules).map(([name, text]) => [`modules/${name}`, text])),
    'tree/boot/efi/': '',
    'channel/boot/': '',
  });
  const boot =
    bootMount === undefined
      ? ''
      : `- {name: boot, size: 1MiB, mkfs: {type: ext4, mount: {mount_point: ${scratch.at('tree/boot')}}}}`;
  const layout = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: ESP, type: EF00, size: 34MiB, mkfs: {type: vfat, mount: {mount_point: ${scratch.at('tree/boot/efi')}}}}
      ${root}
      ${boot}
${others}`;
  const read = readLayout(layout, 'layout', { rootType: 'ext4', mkfsOptions: () => [] });
  await writeFile(scratch.at('channel/boot/layout'), targetFacts(read.layout, 'seed'));
  return scratch;
}

async function install(scratch: FolderTree, words: readonly string[], env: Environment = {}) {
  const PATH = `${STAND_INS}:${scratch.at('bin')}:/usr/bin:/bin`;
  const options = [`--directory=${scratch.at('modules')}`, '--boot-directory', scratch.at('tree/boot')];
  return await runForStatus('grub-install', [...options, ...words], {
    env: { PATH, INGOT_CHANNEL: scratch.at('channel'), ...env },
  });
}

describe('the stand-in for grub-install', () => {
  test('on a logical volume gives GRUB the module for it and its whole name', async () => {
    const volume = `
- lvm: {name: l, pvs: [{name: pv, base: root}], vgs: [{name: vg, base: [pv]}], lvs: [{name: lv, base: vg, extents: 9}]}
- mkfs: {base: lv, type: ext4, mount: {mount_point: /}}
`;
    await using scratch = await grubTree(undefined, '- {name: root, size: 100%}', volume);

    await install(scratch, ['--target=i386-pc']);

    expect(await readFile(scratch.at('tree/boot/grub/i386-pc/core.img'), 'utf8')).toMatch(
      / -p \(lvmid\/[\w-]{38}\/[\w-]{38}\)\/\S+\/boot\/grub biosdisk ext2 lvm part_gpt\n$/,
    );
  });

  test('leaves the images of a BIOS machine for the engine, made for the disk they will be on', async () => {
    await using scratch = await grubTree();

    const { status, tail } = await install(scratch, [
      '--target=i386-pc',
      '--force',
      '--modules=part_msdos lvm',
      '/dev/x',
    ]);

    expect(status, tail.join('\n')).toBe(0);
    const folder = scratch.at('tree/boot/grub/i386-pc');
    expect((await readdir(folder)).sort()).toEqual(['boot.img', 'core.img', 'ext2.mod', 'fs.lst']);
    expect(await readFile(`${folder}/core.img`, 'utf8')).toBe(
      `-d ${scratch.at('modules')} -O i386-pc -o ${folder}/core.img -p (,gpt2)${scratch.at('tree/boot/grub')} ` +
        'biosdisk ext2 lvm part_gpt part_msdos\n',
    );
  });

  test('names the folder from the root of a /boot of its own', async () => {
    await using scratch = await grubTree('boot');

    await install(scratch, ['--target=i386-pc']);

    expect(await readFile(scratch.at('tree/boot/grub/i386-pc/core.img'), 'utf8')).toContain(' -p (,gpt3)/grub ');
  });

  test('puts an unsigned program where firmware looks for it', async () => {
    await using scratch = await grubTree();

    const { status, tail } = await install(scratch, ['--target=x86_64-efi', '--removable', '--no-uefi-secure-boot']);

    expect(status, tail.join('\n')).toBe(0);
    const made = await readFile(scratch.at('tree/boot/efi/EFI/BOOT/BOOTX64.EFI'), 'utf8');
    expect(made).toMatch(/-O x86_64-efi .* fat search_fs_uuid normal configfile ext2 part_gpt\n$/);
    expect(await readdir(scratch.at('tree/boot/efi/EFI'))).toEqual(['BOOT']);
  });

  test('has a folder of the vendor too unless the disk is removable', async () => {
    await using scratch = await grubTree();

    await install(scratch, ['--target=arm64-efi', '--no-uefi-secure-boot', '--bootloader-id=mine']);

    await access(scratch.at('tree/boot/efi/EFI/BOOT/BOOTAA64.EFI'));
    await access(scratch.at('tree/boot/efi/EFI/mine/grubaa64.efi'));
  });

  test('does nothing for the script of a package', async () => {
    await using scratch = await grubTree();

    const { status } = await install(scratch, ['--target=i386-pc'], { DPKG_MAINTSCRIPT_PACKAGE: 'grub-pc' });

    expect(status).toBe(0);
    await expect(access(scratch.at('tree/boot/grub'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([
    ['modules that are not installed', ['--directory=/none', '--target=i386-pc'], '/none/modinfo.sh doesn’t exist'],
    ['a target that is not for images', ['--target=i386-coreboot'], 'the target i386-coreboot cannot be installed'],
    ['an option without its value', ['--target'], '--target needs a value'],
  ])('fails for %s', async (_case, words, message) => {
    await using scratch = await grubTree();

    expect(await install(scratch, words)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(message.replace('’', "'")),
    });
  });

  test('shows a version of GRUB 2', async () => {
    await using scratch = await grubTree();

    expect((await install(scratch, ['--version'])).stdout).toMatch(/\(GRUB\) 2\./);
  });
});
