import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contractEnvironment, type EnvironmentFacts } from '../../../src/elements/contract-environment.ts';
import { run } from '../../../src/host/process.ts';
import type { Phase } from '../../../src/model/phase.ts';
import type { BuildRequest, Environment } from '../../../src/model/request.ts';
import { folderTree } from '../../support/folder-tree.ts';

const caller: Environment = {
  PATH: '/opt/bin:/usr/bin:/bin:/sbin',
  HOME: '/home/me',
  TMPDIR: '/var/tmp',
  VIRTUAL_ENV: '/venv',
  LD_PRELOAD: 'libx.so',
  'BASH_FUNC_mine%%': '() { true; }',
  CI_COMMIT_SHA: 'abc',
  DIB_B: 'say "$HOME" `x` \\',
  DIB_A: 'two\nlines',
};

const request: BuildRequest = {
  purpose: 'disk',
  elements: ['os'],
  skipsBase: false,
  arch: 'amd64',
  outputName: '/work/image',
  formats: ['qcow2'],
  qcow2: { compression: { kind: 'zlib' }, options: [] },
  compression: { tgz: { kind: 'gzip' }, squashfs: { kind: 'xz' }, oci: { kind: 'gzip' } },
  checksums: [],
  packages: [],
  size: { journalMib: 64 },
  filesystem: { type: 'ext4', mkfsOptions: [] },
  deviceMode: 'auto',
  tmpfs: { isAllowed: true, minGib: 2 },
  isOffline: false,
  imageCache: '/cache',
  defaultInstallType: 'source',
  ccacheFolder: '/cache/ccache',
  lockFolder: '/locks',
  ramdiskElement: 'ramdisk',
  elementsPath: [],
  breaks: { points: [], outsideTarget: false },
  debugTrace: 0,
  keepsOldImage: true,
  showsImageUsage: 'no',
  temporaryFolder: '/tmp',
  workingFolder: '/work',
  environment: caller,
  commandLine: ['-o', 'image', 'os'],
};

const facts: EnvironmentFacts = {
  request,
  elements: [
    { name: 'os', path: '/my lib/os', needs: [], provides: [], hides: [] },
    { name: 'base', path: '/lib/base', needs: [], provides: [], hides: [] },
  ],
  searchPath: ['/my lib', '/lib'],
  paths: {
    build: '/b',
    image: '/i',
    hooks: '/b/hooks',
    tree: '/b/mnt',
    lib: '/ingot/lib/dib',
    pythonModules: '/ingot/lib/python',
    blockDeviceParams: '/b/block-device/params.yaml',
  },
  layout: { rootLabel: 'cloudimg-rootfs', rootType: 'ext4', bootLabel: '', mountPoints: '/|/boot/efi' },
  imageSizeKib: 419456,
  blockDevices: { main: '/dev/x', byName: { root: '/dev/x1', ESP: '/dev/x2' } },
};

const ALWAYS_EXPORTED = [
  'ARCH DIB_ARGS DIB_ENV DIB_BLOCK_DEVICE_PARAMS_YAML DIB_BOOT_LABEL DIB_CHECKSUM DIB_DEBUG_TRACE DIB_IMAGE_CACHE DIB_LOCKFILES',
  'DIB_MIN_TMPFS DIB_MOUNTPOINTS DIB_NO_TMPFS DIB_OFFLINE DIB_PYTHON_EXEC DIB_ROOT_FSTYPE DIB_ROOT_LABEL ELEMENTS_PATH FS_TYPE',
  'IMAGE_ELEMENT IMAGE_ELEMENT_YAML IMAGE_NAME IMAGE_TYPE LC_ALL OUT_IMAGE_PATH TMP_BUILD_DIR TMP_HOOKS_PATH TMP_IMAGE_DIR',
  'TMP_MOUNT_PATH _LIB',
].flatMap((line) => line.split(' '));

test.each<Phase>(['root.d', 'install.d', 'cleanup.d'])(
  'exports every variable of the contract in %s',
  { tags: ['env.exported'] },
  (phase) => {
    expect(Object.keys(contractEnvironment(facts, phase))).toEqual(expect.arrayContaining(ALWAYS_EXPORTED));
  },
);

test('hands the caller’s environment on, with the system’s folders at the end of PATH', {
  tags: ['env.callers', 'env.path-host'],
}, () => {
  expect(contractEnvironment(facts, 'root.d')).toMatchObject({
    CI_COMMIT_SHA: 'abc',
    HOME: '/home/me',
    TMPDIR: '/var/tmp',
    PATH: '/opt/bin:/usr/bin:/bin:/sbin:/usr/sbin:/usr/local/sbin',
    LC_ALL: 'C',
    INGOT_CHANNEL: '/b/hooks/.ingot',
  });
});

test('lets Python on the host find what elements import, behind the caller’s own modules', () => {
  const environment = { ...facts.request.environment, PYTHONPATH: '/my/modules' };
  const own = { ...facts, request: { ...facts.request, environment } };

  expect(contractEnvironment(facts, 'root.d').PYTHONPATH).toBe('/ingot/lib/python');
  expect(contractEnvironment(own, 'root.d').PYTHONPATH).toBe('/my/modules:/ingot/lib/python');
});

test('gives the chroot a home and a PATH of its own and nothing that steers programs of the host', {
  tags: ['env.home', 'env.path-chroot'],
}, () => {
  const env = contractEnvironment(facts, 'install.d');

  expect(env).toMatchObject({
    CI_COMMIT_SHA: 'abc',
    HOME: '/root',
    PATH: '$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    APT_CONFIG: '/tmp/in_target.d/.ingot/apt.conf',
    INGOT_CHANNEL: '/tmp/in_target.d/.ingot',
    TMP_MOUNT_PATH: '/b/mnt',
  });
  for (const name of ['TMPDIR', 'VIRTUAL_ENV', 'LD_PRELOAD', 'PS4', 'PYTHONPATH']) expect(env).not.toHaveProperty(name);
  expect(Object.keys(env).filter((name) => name.startsWith('BASH_FUNC_'))).toEqual([]);
});

test('sets TARGET_ROOT in root.d and cleanup.d alone', { tags: ['env.target-root'] }, () => {
  expect(contractEnvironment(facts, 'root.d').TARGET_ROOT).toBe('/b/mnt');
  expect(contractEnvironment(facts, 'cleanup.d').TARGET_ROOT).toBe('/b/mnt');
  expect(contractEnvironment(facts, 'extra-data.d')).not.toHaveProperty('TARGET_ROOT');
});

test('tells size and devices from the final tree on', () => {
  expect(contractEnvironment(facts, 'post-root.d')).not.toHaveProperty('IMAGE_BLOCK_DEVICE');
  expect(contractEnvironment(facts, 'finalise.d')).toMatchObject({
    DIB_IMAGE_SIZE: '419456',
    IMAGE_BLOCK_DEVICE: '/dev/x',
    IMAGE_BLOCK_DEVICES: ' [ESP]=/dev/x2 [root]=/dev/x1 ',
  });
});

test('gives DIB_ENV as text that bash turns back into the variables', { tags: ['env.arguments'] }, async () => {
  const { DIB_ENV = '' } = contractEnvironment(facts, 'root.d');

  const { stdout } = await run('bash', ['-c', `${DIB_ENV}\nprintf '%s\\0' "$DIB_A" "$DIB_B"`], {
    env: { PATH: '/usr/bin' },
  });

  expect(stdout).toBe(`${caller.DIB_A}\0${caller.DIB_B}\0`);
  expect(DIB_ENV.split('\n')[0]).toBe('declare -x DIB_A="two');
});

test('is offline with any value of DIB_OFFLINE, and online with none', {
  tags: ['variables.offline', 'subtle.15'],
}, () => {
  const offline = { ...request, isOffline: true, environment: { ...caller, DIB_OFFLINE: '0' } };

  expect(contractEnvironment({ ...facts, request: offline }, 'root.d').DIB_OFFLINE).toBe('0');
  expect(contractEnvironment(facts, 'root.d').DIB_OFFLINE).toBe('');
});

test('gives host hooks die, the element array and a trace prefix as functions', {
  tags: ['env.functions'],
}, async () => {
  const { PS4 = '', LD_PRELOAD: _preload, ...env } = contractEnvironment(facts, 'extra-data.d');
  const script = [
    'eval "declare -A paths=($(get_image_element_array))"',
    `echo "\${paths[os]}"`,
    // bash does not take PS4 from root's environment
    'PS4=$PREFIX; set -x; : traced; set +x',
    '(exit 3)',
    'die "no  way"',
  ].join('\n');

  await using tree = await folderTree({ hook: script });
  const hook = join(tree.path, 'hook');

  const result = await run('bash', [hook], { env: { ...env, PREFIX: PS4 }, okStatuses: [3] });

  expect(result.stdout).toBe('/my lib/os\nno  way\n');
  expect(result.stderr).toMatch(new RegExp(`^\\+ ${hook}:main:3 +: {3}: traced$`, 'm'));
});
