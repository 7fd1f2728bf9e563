import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RunResult, run } from '../../src/host/process.ts';
import { Job } from '../../src/jobs/job.ts';
import { type FuelSite, imageField, openFuelSite } from '../support/fuel-site.ts';
import type { HostState } from '../support/host-state.ts';
import { probeText } from '../support/mos-archive.ts';

const FAULTY = ['status', 'reset', 'stall', 'truncate', 'corrupt'] as const;
const deb = (probe: string) => `probe-${probe}_1.0_amd64.deb`;

/** Asks again for what does not arrive until the test is over. */
const PATIENT = { env: { INGOT_FETCH_ATTEMPTS: '100' } } as const;

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

const output = (env: number) => site.at('images', String(env));
const image = (env: number) => `env_${env}_marmot.img`;
const logFile = (env: number) => site.at('logs', `fuel-agent-env-${env}.log`);

/** A request whose environment has a folder of its own, as text. */
function request(env: number, change: { readonly [field: string]: unknown } = {}): string {
  const image_data = { '/': imageField(image(env), 'ext4', 'raw') };
  return JSON.stringify(site.request('', { image_data, output: output(env), ...change }));
}

beforeAll(async () => {
  site = await openFuelSite('fuel-jobs', [...FAULTY, 'missing', 'slow', 'early']);
  before = await site.state();
});

afterAll(async () => await site[Symbol.asyncDispose]());

describe('mirrors that fail', () => {
  test('are asked again, with patience; what is printed is short, and the log has all but secrets', {
    tags: ['fuel.mirrors', 'fuel.log'],
  }, async () => {
    const { ubuntu, mos } = site.servers;
    ubuntu.fail('InRelease', { kind: 'status', status: 503 });
    mos.fail(deb('status'), { kind: 'status', status: 503 }, { kind: 'status', status: 503 });
    for (const kind of ['reset', 'stall', 'truncate'] as const) mos.fail(deb(kind), { kind, afterBytes: 99 });
    mos.fail(deb('corrupt'), { kind: 'corrupt' });

    const result = await site.run([request(1, { packages: FAULTY.map((name) => `probe-${name}`) })]);

    succeed(result);
    for (const name of FAULTY) expect(await inImage(1, `/opt/${name}`)).toBe(probeText(name));
    expect(result.stdout).toBe(`Images built in ${output(1)}: ${image(1)}\n`);
    expect(result.stderr).toBe('');
    const log = await readFile(logFile(1), 'utf8');
    const texts = log.split('\n').map((line) => line.replace(/^.*? \| /, ''));
    expect(texts.filter((text) => PHRASES.includes(text))).toEqual(PHRASES);
    expect(log).not.toMatch(/sea.(breeze|shell)/);
    // How long each hook of a phase took.
    expect(texts).toContainEqual(expect.stringMatching(/^dib-run-parts 50-fuel-root-password +\d+\.\d{3}$/));
  });

  test('are not asked again for what is not there, which is named', { tags: ['fuel.mirrors'] }, async () => {
    const { mos } = site.servers;
    mos.keepFailing(deb('missing'), { kind: 'status', status: 404 });
    const asked = mos.requests.length;
    const repos = site.repos.map((repo) => (repo.name === 'mos' ? { ...repo, suite: 'gone' } : repo));

    const noPackage = await site.run([request(2, { packages: ['probe-missing'] })]);
    const noSuite = await site.run([request(2, { repos })]);

    expect(noPackage.status).toBe(1);
    expect(noPackage.stderr).toMatch(/probe-missing_1.0_amd64.deb.*404/);
    const again = mos.requests.slice(asked).filter(({ path }) => path.includes('probe-missing'));
    expect(again).toHaveLength(1);
    expect(noSuite.status).toBe(1);
    expect(noSuite.stderr).toMatch(/mos\.test:\d+\/dists\/gone\/InRelease does not exist/);
    expect(noSuite.stderr).toContain('Check repos[3] (mos): its "uri" and "suite"');
    expect(noPackage.stderr + noSuite.stderr).not.toContain('sea-shell');
    expect(await readdir(output(2)).catch(() => [])).toEqual([]);
    expect(await job(2)).toMatchObject({ state: 'failed', exitStatus: 1 });
  });
});

test('a second call for the same images waits for the first and finds them', { tags: ['fuel.turns'] }, async () => {
  const first = site.run([request(3)]);
  await untilRunning(3);

  const second = await site.run([request(3)]);

  succeed(await first);
  succeed(second);
  expect(second.stderr).toContain('waiting for another build of the same images');
  expect(second.stdout).toContain('All necessary images are available');
});

test('a submitted build is polled by its name, and there is one for the same images', {
  tags: ['fuel.jobs'],
}, async () => {
  // A package that does not arrive keeps the build going until all have asked.
  site.servers.mos.keepFailing(deb('early'), { kind: 'hang' });
  const packages = ['probe-early'];
  const submitted = await site.run(['submit', request(4, { packages })], PATIENT);
  const again = await site.run(['submit', request(4, { packages })], PATIENT);
  const other = await site.run(['submit', request(4, { packages, root_password: 'another' })]);
  const early = await site.run(['wait', '--timeout', '0', submitted.stdout.trim()]);
  site.servers.mos.mend();
  const waited = await site.run(['wait', submitted.stdout.trim()]);

  succeed(submitted);
  expect(submitted.stdout).toMatch(/^env_4_marmot-[0-9a-f]{8}\n$/);
  expect(again).toMatchObject({ status: 0, stdout: submitted.stdout });
  expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('are being built for another request') });
  expect(early).toMatchObject({ status: 124, stdout: expect.stringContaining('running') });
  expect(waited).toMatchObject({ status: 0, stdout: `${submitted.stdout.trim()} succeeded\n` });
  expect(await passwordOf(4)).toBe(await crypt('sea breeze', await passwordOf(4)));
  expect((await site.run(['status', 'env_9'])).status).toBe(2);
});

test('a build that takes too long is ended, and nothing is left of it', {
  tags: ['fuel.ended', 'fuel.limits'],
}, async () => {
  site.servers.mos.keepFailing(deb('slow'), { kind: 'hang' });

  const result = await site.run(['--deadline', '2', request(5, { packages: ['probe-slow'] })]);

  expect(result.status).toBe(124);
  expect(result.stderr).toContain('The images were not done within 2 s');
  expect(await job(5)).toMatchObject({ state: 'timed-out', error: { code: 'DEADLINE_PASSED' } });
  await expectNothingLeft(5);
});

test('of eight builds side by side three are ended, the others are right, and nothing is left', {
  tags: ['fuel.ended'],
}, async () => {
  const doomed = [11, 12, 13];
  const envs = [...doomed, 14, 15, 16, 17, 18];
  // A package that does not arrive keeps those going that are to be ended.
  site.servers.mos.keepFailing(deb('slow'), { kind: 'hang' });
  const requestOf = (env: number) =>
    request(env, { root_password: `of ${env}`, packages: doomed.includes(env) ? ['probe-slow'] : [] });
  const submitted = await Promise.all(envs.map(async (env) => await site.run(['submit', requestOf(env)], PATIENT)));
  const ids = submitted.map(({ stdout }) => stdout.trim());
  await Promise.all(doomed.map(untilRunning));
  const pids = (await jobs()).flatMap(({ id, process: { pid } }) => (ids.slice(1, 3).includes(id) ? [pid] : []));

  process.kill(pids[0] ?? 0, 'SIGTERM');
  process.kill(pids[1] ?? 0, 'SIGKILL');
  const cancelled = site.run(['cancel', ids[0] ?? '']);
  const ended = await Promise.all(ids.map(async (id) => await site.run(['wait', id])));
  site.servers.mos.mend();

  succeed(await cancelled);
  expect(ended.map(({ stdout }) => /^\S+ (\w+)/.exec(stdout)?.[1])).toEqual([
    ...['cancelled', 'cancelled', 'died'],
    ...['succeeded', 'succeeded', 'succeeded', 'succeeded', 'succeeded'],
  ]);
  for (const env of envs.slice(3)) expect(await passwordOf(env)).toBe(await crypt(`of ${env}`, await passwordOf(env)));
  succeed(await site.run([requestOf(13)]));
  for (const env of [11, 12]) await expectNothingLeft(env);
});

function succeed(result: RunResult): void {
  expect(result.status, result.tail.join('\n')).toBe(0);
}

async function jobs(): Promise<readonly Job[]> {
  return Job.array().parse(JSON.parse((await site.run(['status'])).stdout));
}

async function job(env: number): Promise<Job> {
  const found = (await jobs()).find((one) => one.output === output(env));
  if (found === undefined) throw new Error(`There is no job for environment ${env}`);
  return found;
}

async function untilRunning(env: number): Promise<void> {
  const running = async () => expect(await readFile(logFile(env), 'utf8')).toContain('Building elements');
  await vi.waitFor(running, { timeout: 60_000, interval: 100 });
}

async function expectNothingLeft(env: number): Promise<void> {
  expect(await readdir(output(env)).catch(() => [])).toEqual([]);
  expect(await site.leftovers()).toEqual([]);
  expect(await site.state()).toEqual(before);
}

async function inImage(env: number, path: string): Promise<string> {
  return (await run('debugfs', ['-R', `cat ${path}`, join(output(env), image(env))])).stdout;
}

/** The hash of root's password in the image. */
async function passwordOf(env: number): Promise<string> {
  return /^root:([^:]*):/m.exec(await inImage(env, '/etc/shadow'))?.[1] ?? '';
}

/** The hash of a password with the salt of another hash. */
async function crypt(password: string, hash: string): Promise<string> {
  return (await run('perl', ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, hash])).stdout;
}
