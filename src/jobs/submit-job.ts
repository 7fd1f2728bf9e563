import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { FileLock } from '../host/lock.ts';
import { start } from '../host/process.ts';
import { identityOf } from '../host/process-identity.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import type { Job } from './job.ts';
import type { JobStore } from './job-store.ts';

/** A build to start in the background. */
export interface Submission {
  readonly id: string;
  /** Folder of the images. */
  readonly output: string;
  /** Text that the process reads from its standard input; it is written nowhere, for it may hold passwords. */
  readonly request: string;
  /** Tells requests apart that are not the same. */
  readonly requestDigest: string;
  readonly logFile: string;
  /** The program that builds, with its arguments. */
  readonly words: readonly string[];
  readonly environment: Environment;
  /** Absolute path. */
  readonly workingFolder: string;
}

/** Milliseconds for a build that has just begun to write down that it has. */
const INTRODUCTION_MS = 10_000;
const POLL_MS = 50;

/**
 * Starts a build in a session of its own, where it outlives the caller, or finds the one that runs for the same request.
 * @throws IngotError `JOB_BUSY` when another request for the same images is being built; `DISK_FULL` without space to note it
 */
export async function submitJob(store: JobStore, submission: Submission): Promise<Job> {
  const { id, requestDigest } = submission;
  for (let waitedMs = 0; waitedMs <= INTRODUCTION_MS; waitedMs += POLL_MS) {
    await using lock = await store.tryLock(id);
    if (lock !== undefined) return await startJob(store, submission, lock);
    const job = await store.find(id);
    if (job?.state === 'running') {
      if (job.requestDigest === requestDigest) return job;
      break;
    }
    await setTimeout(POLL_MS);
  }
  throw new IngotError('JOB_BUSY', `The images of ${id} are being built for another request`, {
    hint: `Wait for it with: fuel-image wait ${id}; or end it with: fuel-image cancel ${id}`,
  });
}

/** The lock belongs to the open file, which the process inherits: it is held without a gap, and for as long as the process lives. */
async function startJob(store: JobStore, submission: Submission, lock: FileLock): Promise<Job> {
  const { id, output, request, requestDigest, logFile, words, environment, workingFolder } = submission;
  const [command = '', ...args] = words;
  const own = await identityOf(process.pid);
  if (own === undefined) throw new Error('This process has no entry in /proc');
  const job: Job = {
    id,
    state: 'running',
    output,
    requestDigest,
    process: own,
    isDetached: true,
    startedAt: new Date().toISOString(),
    logFile,
  };
  // A disk without space for the job is found before there is a process.
  await store.write(job);
  await using printed = await store.openOutput(id);
  const { child, pid } = start(command, args, {
    env: environment,
    cwd: workingFolder,
    stdio: ['pipe', printed.fd, printed.fd, lock.fd],
    isDetached: true,
  });
  const identity = await identityOf(pid);
  if (identity === undefined) throw new Error(`The process of job ${id} ended at once`);
  const started = { ...job, process: identity };
  try {
    await store.write(started);
    if (child.stdin !== null) await sendAll(child.stdin, request);
  } catch (error) {
    // Nobody would find the process again.
    child.kill('SIGKILL');
    throw error;
  }
  child.unref();
  return started;
}

async function sendAll(stream: Writable, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.end(text, resolve);
  });
}
