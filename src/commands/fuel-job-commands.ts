import { ownProgram } from '../host/own-program.ts';
import { cancelJob, waitForJob } from '../jobs/end-job.ts';
import { type Job, requestDigestOf } from '../jobs/job.ts';
import { submitJob } from '../jobs/submit-job.ts';
import type { FuelRequest } from '../spec/fuel-request.ts';
import type { Caller } from './caller.ts';
import { fuelJobOf, jobStoreOf, TIMED_OUT_STATUS } from './fuel-job.ts';

const ENTRY = ownProgram('fuel-image');

/** Milliseconds that a cancelled build has to end by itself. */
const GRACE_MS = 30_000;

/**
 * `fuel-image submit`: starts the build of a request in the background and prints the name of its job.
 * @param text the request as it was given
 * @throws IngotError `JOB_BUSY`
 */
export async function submit(
  caller: Caller,
  request: FuelRequest,
  text: string,
  deadlineSeconds: number,
): Promise<number> {
  const { store, id, logFile } = fuelJobOf(caller, request);
  const job = await submitJob(store, {
    id,
    output: request.output,
    request: text,
    requestDigest: requestDigestOf(request),
    logFile,
    words: [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      ENTRY,
      'run-job',
      '--deadline',
      String(deadlineSeconds),
      '-',
    ],
    environment: caller.environment,
    workingFolder: caller.workingFolder,
  });
  caller.stdout.write(`${job.id}\n`);
  return 0;
}

/**
 * `fuel-image status`: prints a job, or all of them, as JSON.
 * @throws IngotError `JOB_UNKNOWN`
 */
export async function status(caller: Caller, id: string | undefined): Promise<number> {
  const store = jobStoreOf(caller);
  const shown = id === undefined ? await store.list() : await store.read(id);
  caller.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
  return 0;
}

/**
 * `fuel-image wait`: waits for the end of a job.
 * @param timeoutSeconds undefined waits for ever
 * @returns the exit status of the job; 1 for one that died, 124 for one that runs longer
 * @throws IngotError `JOB_UNKNOWN`
 */
export async function wait(caller: Caller, id: string, timeoutSeconds: number | undefined): Promise<number> {
  const job = await waitForJob(jobStoreOf(caller), id, (timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000);
  tell(caller, job);
  return job.state === 'running' ? TIMED_OUT_STATUS : (job.exitStatus ?? 1);
}

/**
 * `fuel-image cancel`: ends a job and returns when it is gone.
 * @throws IngotError `JOB_UNKNOWN`
 */
export async function cancel(caller: Caller, id: string): Promise<number> {
  tell(caller, await cancelJob(jobStoreOf(caller), id, GRACE_MS));
  return 0;
}

/** One line: how the job stands, and why it failed. */
function tell({ stdout }: Caller, { id, state, error, logFile }: Job): void {
  const why = error === undefined ? '' : `: ${error.message}`;
  const where = state === 'succeeded' || state === 'running' ? '' : ` (log: ${logFile})`;
  stdout.write(`${id} ${state}${why}${where}\n`);
}
