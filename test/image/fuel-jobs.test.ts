import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RunResult, run } from '../../src/host/process.ts';
import { Job } from '../../src/jobs/job.ts';
import { type FuelSite, fuelSite } from '../support/fuel-site.ts';
import { type HostState, hostState } from '../support/host-state.ts';
import { labMark } from '../support/image-build.ts';

const FAULTY = ['status', 'reset', 'stall', 'truncate', 'corrupt'] as const;
const probe = (name: string) => ({ name: `probe-${name}`, files: { [`opt/${name}`]: name.repeat(50_000) } });

/** What those look for who follow a build by its log. */
const PHRASES = [
  '--- Building image (do_build_image) ---',
  '*** Shipping image content ***',
  'Running deboostrap completed',
  'Running apt-get install completed',
  '--- Building image END (do_build_image) ---',
];

let site: FuelSite;
let before: HostState;

beforeAll(async () => {
  site = await fuelSite('fuel-jobs', [...FAULTY, 'missing'].map(probe));
  before = await hostState(labMark());
});

afterAll(async () => await site[Symbol.asyncDispose]());

describe('mirrors that fail', () => {
  test('are asked again, with patience; what is printed is short, and the log has all but secrets', {
    tags: ['fuel.mirrors', 'fuel.log'],
  }, async () => {
    const { extra } = site;
    const failing = (name: string) => `probe-${name}_1.0_amd64.deb`;
    site.ubuntu.fail('InRelease', { kind: 'status', status: 503 });
    extra.server.fail(failing('status'), { kind: 'status', status: 503 }, { kind: 'status', status: 503 });
    for (const kind of ['reset', 'stall', 'truncate'] as const)
      extra.server.fail(failing(kind), { kind, afterBytes: 99 });
    extra.server.fail(failing('corrupt'), { kind: 'corrupt' });

    const result = await site.run(site.request({ env: 1, packages: FAULTY.map((name) => `probe-${name}`) }));

    succeed(result);
    for (const name of FAULTY) expect(await inImage(1, `/opt/${name}`)).toBe(name.repeat(50_000));
    expect(result.stdout).toBe(`Images built in ${site.output(1)}: ${site.image(1)}\n`);
    expect(result.stderr).toBe('');
    const log = await readFile(site.logFile(1), 'utf8');
    const texts = log.split('\n').map((line) => line.replace(/^.*? \| /, ''));
    expect(texts.filter((text) => PHRASES.includes(text))).toEqual(PHRASES);
    expect(log).not.toMatch(/sea.(breeze|shell)/);
  });

  test('are not asked again for what is not there, which is named', { tags: ['fuel.mirrors'] }, async () => {
    site.extra.server.keepFailing('probe-missing_1.0_amd64.deb', { kind: 'status', status: 404 });
    const asked = site.extra.server.requests.length;

    const noPackage = await site.run(site.request({ env: 2, packages: ['probe-missing'] }));
    const noSuite = await site.run(site.request({ env: 2, suite: 'gone' }));

    expect(noPackage.status).toBe(1);
    expect(noPackage.stderr).toMatch(/probe-missing_1.0_amd64.deb.*404/);
    const again = site.extra.server.requests.slice(asked).filter(({ path }) => path.includes('probe-missing'));
    expect(again).toHaveLength(1);
    expect(noSuite.status).toBe(1);
    expect(noSuite.stderr).toMatch(/127\.0\.0\.1:\d+\/dists\/gone\/InRelease does not exist/);
    expect(noPackage.stderr + noSuite.stderr).not.toContain('sea-shell');
    expect(await readdir(site.output(2)).catch(() => [])).toEqual([]);
    expect(await job(2)).toMatchObject({ state: 'failed', exitStatus: 1 });
  });
});

test('a second call for the same images waits for the first and finds them', { tags: ['fuel.turns'] }, async () => {
  const request = site.request({ env: 3 });
  const first = site.run(request);
  await untilRunning(3);

  const second = await site.run(request);

  succeed(await first);
  succeed(second);
  expect(second.stderr).toContain('waiting for another build of the same images');
  expect(second.stdout).toContain('All necessary images are available');
});

test('a submitted build is polled by its name, and there is one for the same images', {
  tags: ['fuel.jobs'],
}, async () => {
  const request = site.request({ env: 4 });

  const submitted = await site.run('submit', request);
  const again = await site.run('submit', request);
  const other = await site.run('submit', site.request({ env: 4, password: 'another' }));
  const early = await site.run('wait', '--timeout', '0', submitted.stdout.trim());
  const waited = await site.run('wait', submitted.stdout.trim());

  succeed(submitted);
  expect(submitted.stdout).toMatch(/^env_4_marmot-[0-9a-f]{8}\n$/);
  expect(again).toMatchObject({ status: 0, stdout: submitted.stdout });
  expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('are being built for another request') });
  expect(early).toMatchObject({ status: 124, stdout: expect.stringContaining('running') });
  expect(waited).toMatchObject({ status: 0, stdout: `${submitted.stdout.trim()} succeeded\n` });
  expect(await passwordOf(4)).toBe(await crypt('sea breeze', await passwordOf(4)));
  expect((await site.run('status', 'env_9')).status).toBe(2);
});

test('a build that takes too long is ended, and nothing is left of it', {
  tags: ['fuel.ended', 'fuel.limits'],
}, async () => {
  const result = await site.run('--deadline', '2', site.request({ env: 5, password: 'slow' }));

  expect(result.status).toBe(124);
  expect(result.stderr).toContain('The images were not done within 2 s');
  expect(await job(5)).toMatchObject({ state: 'timed-out', error: { code: 'DEADLINE_PASSED' } });
  await expectNothingLeft(5);
});

describe('a full disk', () => {
  test('is found before anything is fetched', { tags: ['fuel.limits'] }, async () => {
    const asked = site.ubuntu.requests.length;

    const result = await site.runOnSmallDisk(site.output(6), '100m', site.request({ env: 6 }));

    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/too little space.*images\/6.* take at least 128 MiB, and 100 MiB are free/);
    expect(site.ubuntu.requests.length).toBe(asked);
  });

  test('in the folder of the images ends a build, and nothing is left of it', { tags: ['fuel.ended'] }, async () => {
    const result = await site.runOnSmallDisk(site.output(6), '129m', site.request({ env: 6, password: 'small' }));

    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`there is no space left below ${site.output(6)}`);
    expect(await job(6)).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } });
    await expectNothingLeft(6);
  });
});

test('of eight builds side by side three are ended, the others are right, and nothing is left', {
  tags: ['fuel.ended'],
}, async () => {
  const envs = [11, 12, 13, 14, 15, 16, 17, 18];
  for (const env of envs) succeed(await site.run('submit', site.request({ env, password: `of ${env}` })));
  await Promise.all([11, 12, 13].map(untilRunning));

  const cancelled = site.run('cancel', (await job(11)).id);
  process.kill((await job(12)).process.pid, 'SIGTERM');
  process.kill((await job(13)).process.pid, 'SIGKILL');
  const ended = await Promise.all(envs.map(async (env) => await site.run('wait', (await job(env)).id)));

  succeed(await cancelled);
  expect(ended.map(({ stdout }) => /^\S+ (\w+)/.exec(stdout)?.[1])).toEqual([
    ...['cancelled', 'cancelled', 'died'],
    ...['succeeded', 'succeeded', 'succeeded', 'succeeded', 'succeeded'],
  ]);
  for (const env of envs.slice(3)) expect(await passwordOf(env)).toBe(await crypt(`of ${env}`, await passwordOf(env)));
  succeed(await site.run(site.request({ env: 13, password: 'of 13' })));
  for (const env of [11, 12]) await expectNothingLeft(env);
});

function succeed(result: RunResult): void {
  expect(result.status, result.tail.join('\n')).toBe(0);
}

async function jobs(): Promise<readonly Job[]> {
  return Job.array().parse(JSON.parse((await site.run('status')).stdout));
}

async function job(env: number): Promise<Job> {
  const found = (await jobs()).find(({ output }) => output === site.output(env));
  if (found === undefined) throw new Error(`There is no job for environment ${env}`);
  return found;
}

async function untilRunning(env: number): Promise<void> {
  const running = async () => expect(await readFile(site.logFile(env), 'utf8')).toContain('Building elements');
  await vi.waitFor(running, { timeout: 60_000, interval: 100 });
}

async function expectNothingLeft(env: number): Promise<void> {
  expect(await readdir(site.output(env)).catch(() => [])).toEqual([]);
  expect(await site.leftovers()).toEqual([]);
  expect(await hostState(labMark())).toEqual(before);
}

async function inImage(env: number, path: string): Promise<string> {
  return (await run('debugfs', ['-R', `cat ${path}`, join(site.output(env), site.image(env))])).stdout;
}

/** The hash of root's password in the image. */
async function passwordOf(env: number): Promise<string> {
  return /^root:([^:]*):/m.exec(await inImage(env, '/etc/shadow'))?.[1] ?? '';
}

/** The hash of a password with the salt of another hash. */
async function crypt(password: string, hash: string): Promise<string> {
  return (await run('perl', ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, hash])).stdout;
}
