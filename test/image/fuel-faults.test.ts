import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, runForStatus } from '../../src/host/process.ts';
import { sendSignal } from '../../src/host/process-identity.ts';
import { Job } from '../../src/jobs/job.ts';
import type { Environment } from '../../src/model/request.ts';
import { type FuelSite, imageField, openFuelSite, readMetadata } from '../support/fuel-site.ts';
import { commandsBelow, type HostState } from '../support/host-state.ts';
import { inLab } from '../support/image-build.ts';

const HOLD_PROGRAM = fileURLToPath(new URL('../support/hold-program', import.meta.url));
const LATE = 'probe-late_1.0_amd64.deb';
const IMAGE = 'env_1_marmot.img.gz';
const METADATA = 'env_1_marmot.yaml';

let site: FuelSite;
let before: HostState;
let repos: Awaited<ReturnType<typeof newRepos>>;

/** Repositories that give other layers than those of other tests: their keys lie elsewhere. */
async function newRepos() {
  const folder = site.at(randomUUID());
  await mkdir(folder);
  const repos = site.repos.map(async (repo, index) => {
    const keyring = join(folder, `${index}.gpg`);
    await copyFile(String(repo.keyring), keyring);
    return { ...repo, keyring };
  });
  return await Promise.all(repos);
}

/** A request for an image with a package that no other test installs. */
function requestOf(change: { readonly [field: string]: unknown }) {
  const image_data = { '/': imageField(IMAGE, 'ext4', 'gzip') };
  return site.request('', { packages: ['probe-late'], image_data, ...change });
}

/** Names in a folder; none where there is none. */
async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch(() => []);
}

async function jobOf(id: string): Promise<Job> {
  return Job.parse(JSON.parse((await site.run(['status', id])).stdout));
}

/** A build as it can be seen while it runs. */
interface Running {
  readonly job: Job;
  /** What it has said so far. */
  readonly said: string;
  /** What it has asked the vendor for so far. */
  readonly asked: readonly string[];
}

/** What installs the minimal system. */
const INSTALLER = /install-batches/;

/** A stage in which a build is to be killed, and how one can tell that it is there. */
interface Stage {
  readonly isThere: (build: Running) => Promise<boolean>;
  /** A program that is over too soon to be seen; the build finds one in its place that does not end. */
  readonly held?: string;
}

const STAGES: readonly (readonly [name: string, stage: Stage])[] = [
  ['fetches packages', { isThere: async ({ asked }) => asked.some((path) => path.endsWith(LATE)) }],
  ['installs the minimal system', { isThere: async (build) => await runs(build, INSTALLER) }],
  ['installs packages', { isThere: async ({ said }) => said.includes('Setting up probe-late') }],
  ['writes a filesystem', holding('mke2fs')],
  ['compresses it', holding('libdeflate-gzip')],
];

function holding(held: string): Stage {
  return { held, isThere: async () => (await namesIn(site.at('hold', held))).includes('held') };
}

async function runs({ job }: Running, program: RegExp): Promise<boolean> {
  return (await commandsBelow(job.process.pid)).some((command) => program.test(command));
}

beforeAll(async () => {
  site = await openFuelSite('fuel-faults', ['late', 'cut']);
  before = await site.state();
  repos = await newRepos();
});

afterAll(async () => await site[Symbol.asyncDispose]());

async function md5Of(name: string): Promise<string> {
  return (await run('md5sum', [join(site.output, name)])).stdout.slice(0, 32);
}

describe('a build that is killed', { tags: ['fuel.ended'] }, () => {
  let request: string;
  beforeAll(async () => {
    request = JSON.stringify(requestOf({ repos }));
  });

  test.each(STAGES)('while it %s leaves nothing, at the latest when the next one has begun', async (name, stage) => {
    if (name === 'fetches packages') site.servers.mos.keepFailing(LATE, { kind: 'hang' });

    expect(await strike('SIGKILL', stage)).toMatchObject({ state: 'died' });
    await expect.poll(site.state, { timeout: 10_000 }).toEqual(before);
    const said = (await log()).length;
    expect(await strike('SIGTERM', stage)).toMatchObject({ state: 'cancelled', exitStatus: 143 });
    expect((await log()).slice(said)).not.toContain(`Image ${IMAGE} of / written`);

    site.servers.mos.mend();
    expect(await site.state()).toEqual(before);
    expect(await site.leftovers()).toEqual([]);
    expect(await namesIn(site.output)).toEqual([]);
  });

  test('while it publishes leaves no metadata without the image that it describes', async () => {
    await strike('SIGKILL', { isThere: async () => (await namesIn(site.output)).includes(IMAGE) });

    const isTold = (await namesIn(site.output)).includes(METADATA);
    const told = isTold ? (await readMetadata(join(site.output, METADATA))).images : [];
    const there = { container_name: IMAGE, container_md5: await md5Of(IMAGE) };
    expect([[], [expect.objectContaining(there)]]).toContainEqual(told);
  });

  test('goes on when it is called again', async () => {
    const { status, stdout, tail } = await site.run([request]);

    expect(status, tail.join('\n')).toBe(0);
    expect(stdout).toMatch(/^(Images built|All necessary images are available) in /);
    expect([...(await namesIn(site.output))].sort()).toEqual([IMAGE, METADATA]);
    expect(await site.leftovers()).toEqual([]);
  });

  async function log(): Promise<string> {
    return await readFile(site.at('logs/fuel-agent-env-1.log'), 'utf8').catch(() => '');
  }

  /** Makes a folder, for the PATH of a build, in which a program does not end. */
  async function holderOf(program: string): Promise<string> {
    const folder = site.at('hold', program);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await symlink(HOLD_PROGRAM, join(folder, program));
    return folder;
  }

  /** Starts the build, and sends it a signal where it is to be killed. @returns how it ended */
  async function strike(signal: 'SIGKILL' | 'SIGTERM', { isThere, held }: Stage): Promise<Job> {
    const [said, asked] = [(await log()).length, site.servers.mos.requests.length];
    const env: Environment = held === undefined ? {} : { PATH: `${await holderOf(held)}:${process.env.PATH}` };
    const id = (await site.run(['submit', request], { env })).stdout.trim();
    const read = async () => Job.parse(JSON.parse(await readFile(site.at('jobs', id, 'job.json'), 'utf8')));
    const job = await read();
    const now = async (): Promise<Running> => ({
      job,
      said: (await log()).slice(said),
      asked: site.servers.mos.requests.slice(asked).map(({ path }) => path),
    });
    while (!(await isThere(await now()))) {
      expect((await read()).state).toBe('running');
      await wait(5);
    }
    await sendSignal(job.process, signal, 'process');
    await site.run(['wait', id]);
    return await jobOf(id);
  }
});

test('packages that are there install with the network cut, also onto xfs', { tags: ['fuel.offline'] }, async () => {
  const image_data = { '/': imageField('env_3_marmot.img', 'xfs', 'raw') };
  const output = site.at('cut');
  const request = requestOf({ repos: await newRepos(), packages: ['probe-cut'], image_data, output });

  const id = (await site.run(['submit', JSON.stringify(request)])).stdout.trim();
  const { process: builder } = await jobOf(id);
  const isInstalling = async () => (await commandsBelow(builder.pid)).some((command) => INSTALLER.test(command));
  while (!(await isInstalling())) {
    expect((await jobOf(id)).state).toBe('running');
    await wait(5);
  }
  for (const server of Object.values(site.servers)) server.keepFailing('', { kind: 'status', status: 403 });
  const { status, stdout } = await site.run(['wait', id]);

  for (const server of Object.values(site.servers)) server.mend();
  expect(status, stdout).toBe(0);
  const { images } = await readMetadata(join(output, 'env_3_marmot.yaml'));
  expect(images[0]).toMatchObject({ container_size: 2 * 1024 ** 3, container: 'raw', format: 'xfs' });
  expect((await runForStatus('xfs_repair', ['-n', join(output, 'env_3_marmot.img')])).status).toBe(0);
  await rm(output, { recursive: true });
});

describe('a full disk', () => {
  const small = () => site.at('small');

  test('is found before anything is fetched', { tags: ['fuel.limits'] }, async () => {
    const asked = site.servers.ubuntu.requests.length;
    const request = site.request('env_2', { output: small() });

    const result = await site.build(request, { smallDisk: [small(), '100m'] });

    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/too little space.*\/small they take at least 128 MiB, and 100 MiB are free/);
    expect(site.servers.ubuntu.requests.length).toBe(asked);
  });

  test('for packages ends a build', { tags: ['fuel.ended'] }, async () => {
    const packages = inLab('cache/ingot/packages');
    const request = requestOf({ repos: await newRepos(), output: small() });

    const result = await site.build(request, { smallDisk: [packages, '4m'] });

    await expectFull(result.stderr, /no space left to write .*\/ingot\/packages\//);
  });

  test('for the image ends a build', { tags: ['fuel.ended'] }, async () => {
    const request = requestOf({ repos, output: small(), root_password: 'image' });

    const result = await site.build(request, { smallDisk: [small(), '50m'] });

    await expectFull(result.stderr, /no space left below .*\/small/);
  });

  test('for the metadata alone ends a build', { tags: ['fuel.ended'] }, async () => {
    const request = requestOf({ repos, output: small(), root_password: 'metadata' });

    // Inodes for the root folder, the folder on the way, its manifests and the image, and no more.
    const result = await site.build(request, { smallDisk: [small(), '100m,nr_inodes=8'] });

    await expectFull(result.stderr, /^fuel-image: There is no space left below .*\/small/m);
    expect(await readFile(site.at('logs/fuel-agent-env-1.log'), 'utf8')).toMatch(
      new RegExp(`Image ${IMAGE} of / written(?![^]*Building image)`),
    );
  });

  test('for the build ends it, and with more space the next one ends well', { tags: ['fuel.ended'] }, async () => {
    const request = requestOf({ repos, output: site.at('roomy'), root_password: 'much room' });
    const env = { TMPDIR: small(), DIB_NO_TMPFS: '1' };

    const result = await site.build(request, { env, smallDisk: [small(), '50m'] });

    await expectFull(result.stderr, /no space left below .*\/small\/dib_build/, site.at('roomy'));
    expect(result.stderr).toContain('TMPDIR for the build');
    const next = await site.build(request, { env: { DIB_NO_TMPFS: '1' } });
    expect(next.status, next.tail.join('\n')).toBe(0);
  });

  test.each([
    { place: 'on the disk of the layers', env: { DIB_NO_TMPFS: '1' }, layers: '80m', memory: undefined },
    { place: 'in memory', env: { DIB_NO_TMPFS: '0' }, layers: '500m', memory: '80m' },
  ])('for installing $place ends a build', { tags: ['fuel.ended'] }, async ({ env, layers, memory }) => {
    const request = requestOf({ repos, output: small() });
    const own = process.env.PATH ?? '';
    const PATH = memory === undefined ? own : `${await smallMemory(memory)}:${own}`;

    // Without the layers that there are, the minimal system is installed anew.
    const call = { env: { ...env, PATH }, smallDisk: [inLab('cache/ingot/layers'), layers] } as const;
    const result = await site.build(request, call);

    // A small disk of these tests lies in memory itself.
    await expectFull(result.stderr, /^fuel-image: .*no space left below .*\/layers\/.*, which is in memory$/m);
    expect(result.stderr).toContain('DIB_NO_TMPFS=1');
  });

  /** A folder with a mount(8) that makes memory filesystems of a size, as on a machine with little memory. */
  async function smallMemory(size: string): Promise<string> {
    await mkdir(site.at('bin'), { recursive: true });
    const script = `#!/bin/sh\ncase $* in *tmpfs*) set -- -o size=${size} "$@" ;; esac\nexec /usr/bin/mount "$@"\n`;
    await writeFile(site.at('bin/mount'), script, { mode: 0o755 });
    return site.at('bin');
  }

  async function expectFull(stderr: string, text: RegExp, folder = small()): Promise<void> {
    expect(stderr).toMatch(text);
    const jobs = Job.array().parse(JSON.parse((await site.run(['status'])).stdout));
    const job = jobs.find(({ output }) => output === folder);
    expect(job).toMatchObject({ state: 'failed', exitStatus: 1, error: { code: 'DISK_FULL' } });
    expect(await site.leftovers()).toEqual([]);
    expect(await site.state()).toEqual(before);
  }
});
