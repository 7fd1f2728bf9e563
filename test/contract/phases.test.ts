import { beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/host/process.ts';
import { hook, marked, said, workshop } from '../support/cli.ts';

const PHASES = [
  'root',
  'extra-data',
  'pre-install',
  'install',
  'post-install',
  'post-root',
  'pre-finalise',
  'finalise',
];
const ALL_PHASES = [...PHASES, 'cleanup'];
const IN_CHROOT = ['pre-install', 'install', 'post-install', 'finalise'];
const LAYOUT = JSON.stringify([
  { local_loop: { name: 'image0' } },
  {
    partitioning: {
      base: 'image0',
      label: 'gpt',
      partitions: [
        { name: 'boot', size: '50MiB', mkfs: { type: 'ext2', label: 'start', mount: { mount_point: '/boot' } } },
        { name: 'root', size: '100%', mkfs: { type: 'ext3', label: 'system', mount: { mount_point: '/' } } },
      ],
    },
  },
]);
const SIDE = 'side=host; if [[ ! -e $TMP_MOUNT_PATH ]]; then side=chroot; fi';

describe('a build with a hook in every phase', () => {
  let result: RunResult;
  beforeAll(async () => {
    const hookOf = (phase: string) =>
      hook(
        SIDE,
        `echo "PHASE ${phase} $side"`,
        `echo "TARGET ${phase} $([[ \${TARGET_ROOT-none} == "$TMP_MOUNT_PATH" ]] && echo tree || echo "\${TARGET_ROOT-none}")"`,
        `echo "SIZE ${phase} \${DIB_IMAGE_SIZE-unset}"`,
        `echo "TYPE ${phase} \${DIB_DEFAULT_INSTALLTYPE-unset}"`,
        `echo "DEVICE ${phase} \${IMAGE_BLOCK_DEVICE:+set}"`,
        `echo "LAYOUT ${phase} $DIB_ROOT_LABEL $DIB_ROOT_FSTYPE $DIB_BOOT_LABEL $DIB_MOUNTPOINTS"`,
        `if [[ $side == host ]]; then echo "CWD ${phase} $PWD"; else echo "CWD ${phase} $PWD"; fi`,
      );
    const hooks = Object.fromEntries(ALL_PHASES.map((phase) => [`order/${phase}.d/50-say`, hookOf(phase)]));
    await using shop = await workshop(hooks);
    result = await shop.build({
      elements: ['order'],
      options: ['--install-type', 'package'],
      env: { DIB_IMAGE_SIZE: '0.4', DIB_BLOCK_DEVICE_CONFIG: LAYOUT, DIB_DEVICE_MODE: 'never' },
    });
    expect(result.status, said(result)).toBe(0);
    expect(marked(result, 'CWD').filter((line) => line.endsWith(` ${shop.at('work')}`))).toHaveLength(5);
  });

  test('runs the phases in order, each on its side', { tags: ['phases.order', 'phases.sides'] }, () => {
    const expected = ALL_PHASES.map((phase) => `${phase} ${IN_CHROOT.includes(phase) ? 'chroot' : 'host'}`);
    expect(marked(result, 'PHASE')).toEqual(expected);
  });

  test('sets TARGET_ROOT in root.d and cleanup.d alone', { tags: ['env.target-root'] }, () => {
    const expected = ALL_PHASES.map((phase) => `${phase} ${['root', 'cleanup'].includes(phase) ? 'tree' : 'none'}`);
    expect(marked(result, 'TARGET')).toEqual(expected);
  });

  test('gives DIB_IMAGE_SIZE in GiB as the user wrote it, and in KiB on the final tree', {
    tags: ['phases.size', 'subtle.10', 'size.rounded'],
  }, () => {
    const expected = ALL_PHASES.map(
      (phase) => `${phase} ${['pre-finalise', 'finalise', 'cleanup'].includes(phase) ? '419456' : '0.4'}`,
    );
    expect(marked(result, 'SIZE')).toEqual(expected);
  });

  test('tells what the layout settles from the first hook on', { tags: ['phases.layout-facts'] }, () => {
    expect(marked(result, 'LAYOUT')).toEqual(ALL_PHASES.map((phase) => `${phase} system ext3 start /boot|/`));
  });

  test('tells the default install type from extra-data.d on', { tags: ['phases.install-type'] }, () => {
    const expected = ALL_PHASES.map((phase) => `${phase} ${phase === 'root' ? 'unset' : 'package'}`);
    expect(marked(result, 'TYPE')).toEqual(expected);
  });

  test('names the block device on the final tree alone', { tags: ['env.block-device'] }, () => {
    const expected = ALL_PHASES.map((phase) =>
      ['pre-finalise', 'finalise', 'cleanup'].includes(phase) ? `${phase} set` : `${phase} `,
    );
    expect(marked(result, 'DEVICE')).toEqual(expected);
  });

  test('runs hooks of the chroot in /', { tags: ['env.folder'] }, () => {
    const inRoot = marked(result, 'CWD').filter((line) => line.endsWith(' /'));
    expect(inRoot).toEqual(IN_CHROOT.map((phase) => `${phase} /`));
  });
});

test('leaves a phase out when no element has it', { tags: ['merge.no-folder', 'subtle.12'] }, async () => {
  await using shop = await workshop({ 'one/post-install.d/10-x': hook('echo "RAN post-install"') });

  const result = await shop.build({ elements: ['one'], env: { break: 'before-install', break_cmd: 'echo SHELL' } });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'RAN')).toEqual(['post-install']);
  expect(result.stdout).not.toContain('SHELL');
});

test('starts with an empty root tree that belongs to root', { tags: ['phases.root-start'] }, async () => {
  const look =
    'echo "TREE ${TARGET_ROOT#"$TMP_BUILD_DIR"} $(stat -c %u:%g:%a "$TARGET_ROOT") $(find "$TARGET_ROOT" -mindepth 1 | wc -l)"';
  await using shop = await workshop({ 'look/root.d/00-look': hook(look) });

  const result = await shop.build({ elements: ['look'] });

  expect(marked(result, 'TREE')).toEqual(['/mnt 0:0:755 0']);
});
