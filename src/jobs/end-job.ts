import { setTimeout } from 'node:timers/promises';
import { isAlive, type ProcessIdentity, sendSignal } from '../host/process-identity.ts';
import type { Job } from './job.ts';
import type { JobStore } from './job-store.ts';

const POLL_MS = 100;

/**
 * Waits until a job does not run any more.
 * @param timeoutMs how long at most; the job comes back as `running` then
 * @throws IngotError `JOB_UNKNOWN`
 */
export async function waitForJob(store: JobStore, id: string, timeoutMs: number): Promise<Job> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const job = await store.read(id);
    if (job.state !== 'running' || performance.now() >= until) return job;
    await setTimeout(POLL_MS);
  }
}

/**
 * Ends a job and returns when its process is gone: first by a signal that lets it tidy up, then by one that it cannot refuse. In both
 * cases the kernel takes what the build has in its namespaces; folders are removed by the build, or by the next one.
 * @param graceMs time for tidying up
 * @returns the job as it ended, whether or not it still ran
 * @throws IngotError `JOB_UNKNOWN`
 */
export async function cancelJob(store: JobStore, id: string, graceMs: number): Promise<Job> {
  const job = await store.read(id);
  if (job.state !== 'running') return job;
  await sendSignal(job.process, 'SIGTERM', 'process');
  if (!(await isGoneWithin(job.process, graceMs))) {
    await sendSignal(job.process, 'SIGKILL', job.isDetached ? 'group' : 'process');
    await isGoneWithin(job.process, Number.POSITIVE_INFINITY);
  }
  await using lock = await store.tryLock(id);
  const ended = await store.read(id);
  if (lock === undefined || ended.state !== 'died') return ended;
  const { error: _died, ...known } = ended;
  const cancelled: Job = { ...known, state: 'cancelled', endedAt: new Date().toISOString(), exitStatus: 137 };
  await store.write(cancelled);
  return cancelled;
}

async function isGoneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (await isAlive(identity)) {
    if (performance.now() >= until) return false;
    await setTimeout(POLL_MS);
  }
  return true;
}
