import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { isThere } from '../../src/host/is-there.ts';
import { waitForLock } from '../../src/host/lock.ts';
import { type RunResult, run, runForStatus } from '../../src/host/process.ts';
import type { Environment } from '../../src/model/request.ts';
import { hook } from './cli.ts';
import { LAB_FOLDERS } from './image-lab.ts';
import type { TestUser } from './test-user.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const IN_TWIN = fileURLToPath(new URL('in-twin', import.meta.url));

/** Text that the environment of every process of the builds of this test file has; other files build at the same time. */
export function labMark(): string {
  return `INGOT_TEST=${markValue()}`;
}

/** Each file has a process of its own. */
function markValue(): string {
  return `${inLab()}:${process.pid}`;
}

/** What a build is told. */
export interface ImageCall {
  /** `disk-image-create` unless given. */
  readonly command?: 'ramdisk-image-create';
  /** Name of the image files below `out`. */
  readonly name: string;
  readonly elements: readonly string[];
  /** Options beside `-n` and `-o`. */
  readonly options?: readonly string[];
  readonly env?: Environment;
}

/**
 * A small server: Debian bookworm with a kernel for virtual machines, ssh, and cloud-init that grows the root filesystem and brings the
 * network up through ifupdown. Its last hook, of the element `late`, is written by `writeLateHook`.
 */
export const SERVER: ImageCall = {
  name: 'server',
  elements: ['debian-minimal', 'vm', 'openssh-server', 'cloud-init', 'cloud-init-growpart', 'late'],
  options: ['-p', 'ifupdown', '-t', 'qcow2,raw,tar,tgz', '--checksum'],
  env: { DIB_CLOUD_INIT_GROWPART_DEVICES: '[/]' },
};

/** The server on a disk that starts under UEFI and under the BIOS, not compressed. */
export const UEFI_SERVER: ImageCall = {
  ...SERVER,
  name: 'uefi-server',
  elements: [...SERVER.elements, 'block-device-efi'],
  options: ['-p', 'ifupdown', '-u', '-t', 'qcow2,raw'],
};

/** An image on a GPT disk that does without cloud-init, for the user `ada` with a password and the key that `needDeveloper` makes. */
export const DEVELOPER: ImageCall = {
  name: 'developer',
  elements: [
    'debian-minimal',
    'vm',
    'block-device-gpt',
    'openssh-server',
    'devuser',
    'growroot',
    'dhcp-all-interfaces',
  ],
  options: ['-t', 'raw'],
  env: { DIB_DEV_USER_USERNAME: 'ada', DIB_DEV_USER_PASSWORD: 'sea breeze', DIB_DEV_USER_PWDLESS_SUDO: 'yes' },
};

/** The image for developers on xfs, on a disk whose layout leaves the choice of the filesystem to the caller. */
export const XFS_DEVELOPER: ImageCall = {
  ...DEVELOPER,
  name: 'xfs-developer',
  elements: DEVELOPER.elements.filter((name) => name !== 'block-device-gpt'),
  env: { ...DEVELOPER.env, FS_TYPE: 'xfs' },
};

/** Path of something in the lab. */
export function inLab(...names: readonly string[]): string {
  return join(inject('imageLab'), ...names);
}

/** Path of an image file of a call, such as `image(SERVER, 'raw')`. */
export function image({ name }: ImageCall, extension: string): string {
  return inLab('out', `${name}.${extension}`);
}

/** Lines of the late hook: a file with a capability, which few of the packages have. */
const LATE = [
  'cp /usr/bin/true /usr/local/bin/capable',
  'setcap cap_net_raw+ep /usr/local/bin/capable',
  'echo late >/etc/late',
] as const;

/**
 * Makes an empty lab with the element `late`, in which builds find their folders at the paths of the shared one, so that nothing else
 * differs.
 * @returns name below the lab
 */
export async function makeTwin(name: string): Promise<string> {
  for (const folder of LAB_FOLDERS) await mkdir(inLab(name, folder), { recursive: true });
  await writeLateHook(0, name);
  return name;
}

/** Writes the late hook of the server; `status` other than 0 makes it fail with that status in the end. @param twin whose hook it is */
export async function writeLateHook(status = 0, twin = ''): Promise<void> {
  const text = hook(...LATE, ...(status === 0 ? [] : [`exit ${status}`]));
  const folder = inLab(twin, 'elements/late/post-install.d');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '90-late'), text.replace(/^exec:/, ''), { mode: 0o755 });
}

/** The words of a build, for whoever starts it in another way. @param twin in which it builds */
export function buildWords({ command, name, elements, options = [] }: ImageCall, twin?: string): readonly string[] {
  const words = [join(BIN, command ?? 'disk-image-create'), '-n', ...options, '-o', inLab('out', name), ...elements];
  return twin === undefined ? words : [...inTwin(twin), ...words];
}

function inTwin(twin: string): readonly string[] {
  return ['unshare', '--mount', '--propagation', 'private', IN_TWIN, inLab(), inLab(twin)];
}

/** The environment of builds, with nothing of the machine's own settings. */
export function buildEnvironment(more: Environment = {}): Environment {
  return {
    INGOT_TEST: markValue(),
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: inLab('home'),
    TMPDIR: inLab('tmp'),
    DIB_IMAGE_CACHE: inLab('cache'),
    DIB_NO_TIMESTAMP: '1',
    ELEMENTS_PATH: inLab('elements'),
    OVERWRITE_OLD_IMAGE: '1',
    DIB_RELEASE: 'bookworm',
    DIB_DEBIAN_KERNEL: 'linux-image-cloud-amd64',
    DIB_APT_MINIMAL_CREATE_INTERFACES: '0',
    ...more,
  };
}

/** Who builds, and where, if not root in the shared lab. */
export interface BuildPlace {
  /** Name of a twin of the lab. */
  readonly twin?: string;
  /** Whose the twin becomes. */
  readonly user?: TestUser;
}

/** Runs a build to its end, whatever that is. */
export async function tryBuild(call: ImageCall, { twin, user }: BuildPlace = {}): Promise<RunResult> {
  const [command = '', ...args] =
    twin === undefined || user === undefined
      ? buildWords(call, twin)
      : [...inTwin(twin), ...(await user.words({ path: inLab(), at: inLab }, buildWords(call), [inLab(twin)]))];
  return await runForStatus(command, args, { env: buildEnvironment(call.env), cwd: inLab('out') });
}

/** Builds an image. Fails with the end of the build's log when it cannot be built. */
export async function build(call: ImageCall, place?: BuildPlace): Promise<RunResult> {
  const result = await tryBuild(call, place);
  if (result.status !== 0) throw new Error(`The build of ${call.name} failed:\n${result.tail.join('\n')}`);
  return result;
}

/** The SHA-256 digests that a build of the server wrote beside its images, by type. @param folder name below the lab */
export async function digestsIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const pairs = ['qcow2', 'raw', 'tar', 'tgz'].map(async (type) => {
    const text = await readFile(inLab(folder, `${SERVER.name}.${type}.sha256`), 'utf8');
    return [type, text.split(' ')[0] ?? ''] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

/** Builds the server unless a test of this run has. */
export async function needServer(): Promise<void> {
  await writeLateHook();
  await need(SERVER);
}

/** Builds the server for UEFI unless a test of this run has. */
export async function needUefiServer(): Promise<void> {
  await writeLateHook();
  await need(UEFI_SERVER);
}

/**
 * Builds the image for developers unless a test of this run has.
 * @returns path of the private key that its user is known by
 */
export async function needDeveloper(): Promise<string> {
  await need(DEVELOPER, needKey);
  return developerKey();
}

/**
 * Builds the image for developers on xfs unless a test of this run has; after the other one, with which it shares its layers.
 * @returns path of the private key that its user is known by
 */
export async function needXfsDeveloper(): Promise<string> {
  const key = await needDeveloper();
  await need(XFS_DEVELOPER);
  return key;
}

const developerKey = (): string => inLab('home/.ssh/id_ed25519');

async function needKey(): Promise<void> {
  const key = developerKey();
  if (isThere(key)) return;
  await mkdir(dirname(key), { recursive: true });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
}

/** Builds an image once, also when several test files need it at one time. @param prepare makes what the build reads */
async function need(call: ImageCall, prepare?: () => Promise<void>): Promise<void> {
  await using _alone = await waitForLock(inLab(`${call.name}.lock`));
  if (isThere(image(call, 'raw'))) return;
  await prepare?.();
  await build(call);
}
