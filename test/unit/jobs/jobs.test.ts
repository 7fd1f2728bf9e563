import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runForStatus } from '../../../src/host/process.ts';
import { isAlive } from '../../../src/host/process-identity.ts';
import { cancelJob, waitForJob } from '../../../src/jobs/end-job.ts';
import { type Job, jobIdOf, requestDigestOf } from '../../../src/jobs/job.ts';
import { JobStore } from '../../../src/jobs/job-store.ts';
import { submitJob } from '../../../src/jobs/submit-job.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

const PATH = process.env.PATH ?? '/usr/bin:/bin';
const ID = jobIdOf('/srv/images/env_1.yaml');
/** Says what it was asked for, and stays. */
const STAYS = 'cat >request; echo $$ >>started; exec sleep 600';
/** As `STAYS`, with a child, and deaf to polite signals. */
const IS_STUBBORN = 'trap "" TERM; cat >request; sleep 601 & echo $! >child; echo $$ >>started; wait; wait';

const open: { folder: FolderTree; store: JobStore }[] = [];

afterEach(async () => {
  for (const { folder, store } of open.splice(0)) {
    for (const job of await store.list()) await cancelJob(store, job.id, 0);
    await folder[Symbol.asyncDispose]();
  }
});

describe('a submitted job', () => {
  test('gets the request on its standard input, in a session of its own, and its words lie nowhere else', async () => {
    const { at, store, submit } = await jobs();

    const job = await submit(STAYS, '{"root_password": "sea breeze"}');
    await untilStarted(at('started'), 1);

    expect(await readFile(at('request'), 'utf8')).toBe('{"root_password": "sea breeze"}');
    expect(await sessionOf(job.process.pid)).toBe(job.process.pid);
    expect(await store.read(ID)).toMatchObject({ state: 'running', id: ID, output: '/srv/images' });
    const { status } = await runForStatus('grep', ['--recursive', 'sea breeze', at('state')]);
    expect(status).toBe(1);
    expect((await stat(at(`state/${ID}/job.json`))).mode & 0o077).toBe(0);
  });

  test('is found, and not started again, by the same request', async () => {
    const { at, submit } = await jobs();

    const [first, second] = await Promise.all([submit(STAYS, 'same'), submit(STAYS, 'same')]);
    await untilStarted(at('started'), 1);

    expect(second.process).toEqual(first.process);
    expect(await lines(at('started'))).toHaveLength(1);
  });

  test('is not disturbed by another request for its images', async () => {
    const { submit } = await jobs();
    const first = await submit(STAYS, 'one');

    await expect(submit(STAYS, 'other')).rejects.toMatchObject({
      code: 'JOB_BUSY',
      message: expect.stringContaining(ID),
      hint: expect.stringContaining(`fuel-image wait ${ID}`),
    });
    expect(await isAlive(first.process)).toBe(true);
  });

  test('has died when its process is gone without a word, and can be submitted again', async () => {
    const { at, store, submit } = await jobs();
    const first = await submit(STAYS, 'same');
    await untilStarted(at('started'), 1);

    process.kill(first.process.pid, 'SIGKILL');
    expect(await waitForJob(store, ID, 10_000)).toMatchObject({
      state: 'died',
      process: first.process,
      error: { code: 'BUILDER_DIED', message: expect.stringContaining('its process is gone without a word') },
    });
    const second = await submit(STAYS, 'same');

    expect(second.process.pid).not.toBe(first.process.pid);
    expect(await store.read(ID)).toMatchObject({ state: 'running' });
  });
});

describe('cancelling', () => {
  test('ends a job that listens, and says so', async () => {
    const { at, store, submit } = await jobs();
    const job = await submit(STAYS, 'x');
    await untilStarted(at('started'), 1);

    const ended = await cancelJob(store, ID, 60_000);

    expect(ended).toMatchObject({ state: 'cancelled' });
    expect(await isAlive(job.process)).toBe(false);
    expect(await store.read(ID)).toMatchObject({ state: 'cancelled' });
  });

  test('ends a job that does not listen, with all that it started', async () => {
    const { at, store, submit } = await jobs();
    const job = await submit(IS_STUBBORN, 'x');
    await untilStarted(at('started'), 1);
    const child = Number(await readFile(at('child'), 'utf8'));

    const ended = await cancelJob(store, ID, 100);

    expect(ended).toMatchObject({ state: 'cancelled', exitStatus: 137 });
    expect(ended).not.toHaveProperty('error');

    expect(await isAlive(job.process)).toBe(false);
    await vi.waitFor(async () => expect(await isRunning(child)).toBe(false));
  });

  test('leaves a process alone that has the number of a job which died', async () => {
    const { at, store, submit } = await jobs();
    const job = await submit(STAYS, 'x');
    await untilStarted(at('started'), 1);
    const bystander: Job = { ...job, process: { ...job.process, startTicks: job.process.startTicks - 1 } };
    await store.write(bystander);

    expect(await cancelJob(store, ID, 100)).toMatchObject({ state: 'died' });

    expect(await isAlive(job.process)).toBe(true);
    process.kill(job.process.pid, 'SIGKILL');
  });
});

test('a job that nobody submitted is an error that names those that there are', async () => {
  const { store, submit } = await jobs();
  await expect(store.read('env_7')).rejects.toMatchObject({
    code: 'JOB_UNKNOWN',
    hint: 'No job was ever submitted here.',
  });
  await submit(STAYS, 'x');

  for (const id of ['env_7', '', '..', `../state/${ID}`]) {
    await expect(store.read(id)).rejects.toMatchObject({ code: 'JOB_UNKNOWN', hint: expect.stringContaining(ID) });
  }
});

test('waiting gives up when it was told to, and the job goes on', async () => {
  const { store, submit } = await jobs();
  const job = await submit(STAYS, 'x');

  expect(await waitForJob(store, ID, 50)).toMatchObject({ state: 'running' });

  expect(await isAlive(job.process)).toBe(true);
});

test('sets of images of one name in two folders are two jobs', () => {
  expect(jobIdOf('/srv/a/env_1.yaml')).toMatch(/^env_1-[0-9a-f]{8}$/);
  expect(jobIdOf('/srv/a/env_1.yaml')).not.toBe(jobIdOf('/srv/b/env_1.yaml'));
  expect(jobIdOf('/srv/a/env 1.yaml')).toMatch(/^env_1-/);
});

async function jobs() {
  const folder = await folderTree();
  const store = new JobStore(join(folder.path, 'state'));
  open.push({ folder, store });
  const submit = async (script: string, request: string) =>
    await submitJob(store, {
      id: ID,
      output: '/srv/images',
      request,
      requestDigest: requestDigestOf(request),
      logFile: '/var/log/x.log',
      // bash would read the settings of its user: it takes a socket for a caller from another machine.
      words: ['sh', '-c', script],
      workingFolder: folder.path,
      environment: { PATH },
    });
  return { at: (name: string) => join(folder.path, name), store, submit };
}

async function untilStarted(file: string, times: number): Promise<void> {
  await vi.waitFor(async () => expect(await lines(file)).toHaveLength(times), { timeout: 20_000 });
}

async function lines(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n');
}

async function sessionOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[3]);
}

async function isRunning(pid: number): Promise<boolean> {
  return await readFile(`/proc/${pid}/stat`, 'utf8').then(
    (status) => !/\) Z /.test(status),
    () => false,
  );
}
