import path from 'node:path';
import type { FileLock } from '../host/lock.ts';
import { ownPrivilege } from '../host/namespaces.ts';
import { identityOf } from '../host/process-identity.ts';
import { type Job, jobIdOf, requestDigestOf } from '../jobs/job.ts';
import { JobStore } from '../jobs/job-store.ts';
import { type ErrorReport, IngotError, toErrorReport } from '../model/error.ts';
import { ERROR_CODES } from '../model/error-codes.ts';
import type { BuildEvent } from '../model/events.ts';
import type { Environment } from '../model/request.ts';
import { type FuelLog, openFuelLog } from '../report/fuel-log.ts';
import { redactorFor } from '../report/redact.ts';
import type { FuelRequest } from '../spec/fuel-request.ts';
import type { Caller } from './caller.ts';
import { complain } from './error-text.ts';
import { type StopWatch, watchStopSignals } from './stop-signals.ts';

/** Exit status of a build that took too long, as timeout(1) has it. */
export const TIMED_OUT_STATUS = 124;

/** A request as a job of this machine: one for each set of images. */
export interface FuelJob {
  readonly store: JobStore;
  readonly id: string;
  /** Absolute path. */
  readonly logFile: string;
  readonly request: FuelRequest;
}

/** How a job is run. */
export interface FuelJobOptions {
  /** How long the build may take, waiting included; 0 sets no limit. */
  readonly deadlineSeconds: number;
  /** True for the process that `fuel-image submit` started: it was given the lock. */
  readonly isDetached: boolean;
}

/** Builds the images, or finds them there. */
export type FuelWork = (options: {
  readonly onEvent: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}) => Promise<'found' | 'built'>;

/** The jobs of the caller. */
export function jobStoreOf(caller: Caller): JobStore {
  return new JobStore(path.resolve(caller.environment.FUEL_IMAGE_JOBS ?? path.join(stateFolder(caller), 'jobs')));
}

/** The job that a request is, with its log where those look for it who follow builds of Fuel. */
export function fuelJobOf(caller: Caller, request: FuelRequest): FuelJob {
  const id = jobIdOf(path.join(request.output, request.metadataName));
  const environmentNumber = /(?:^|_)env_(\d+)_/.exec(request.metadataName)?.[1];
  const fallback = ownPrivilege() === 'root' ? '/var/log' : path.join(stateFolder(caller), 'logs');
  const folder = path.resolve(caller.environment.FUEL_IMAGE_LOGS ?? fallback);
  const logFile = path.join(folder, `fuel-agent-env-${environmentNumber ?? id}.log`);
  return { store: jobStoreOf(caller), id, logFile, request };
}

/** Where a user's programs keep state. */
function stateFolder({ environment, homeFolder }: Caller): string {
  return path.join(environment.XDG_STATE_HOME ?? path.join(homeFolder, '.local/state'), 'ingot/fuel-image');
}

/** An environment from which a redactor learns what must not be shown. */
export function secretsOf({ environment }: Caller, { rootPassword, repositories }: FuelRequest): Environment {
  const passwords = repositories.map(({ credential }, index) => [
    `REPOSITORY_${index}_PASSWORD`,
    credential?.password ?? '',
  ]);
  return { ...environment, ...Object.fromEntries(passwords), ROOT_PASSWORD: rootPassword?.text ?? '' };
}

/**
 * Runs the build of a request as the only one of its images, writes down how it stands and how it ended, and keeps its log.
 * @returns the exit status: 0, 2 for what a request names in vain, 124 when it took too long, 129, 130 or 143 for a signal, else 1
 * @throws IngotError of what keeps a job from beginning
 */
export async function runFuelJob(
  caller: Caller,
  job: FuelJob,
  { deadlineSeconds, isDetached }: FuelJobOptions,
  work: FuelWork,
): Promise<number> {
  using watch = watchStopSignals(caller);
  using deadline = startDeadline(deadlineSeconds);
  const signal = AbortSignal.any([watch.signal, deadline.signal]);
  await using _lock = isDetached ? undefined : await takeTurn(caller, job, signal, watch);
  const running = await begin(job, isDetached);
  const secrets = secretsOf(caller, job.request);
  const explain = (error: unknown) => failureOf(error, watch, deadline.signal);
  const outcome = await carryOut(job, secrets, explain, async (onEvent) => await work({ onEvent, signal }));
  try {
    await job.store.write({ ...running, ...endOf(outcome, secrets), endedAt: new Date().toISOString() });
  } finally {
    if (outcome.state === 'succeeded') caller.stdout.write(`${outcome.line}\n`);
    else complain({ ...caller, environment: secrets }, caller.command, outcome.report);
  }
  return outcome.exitStatus;
}

/** How a build ended that lived to tell. */
type Outcome =
  | { readonly state: 'succeeded'; readonly exitStatus: 0; readonly line: string }
  | { readonly state: 'failed' | 'cancelled' | 'timed-out'; readonly exitStatus: number; readonly report: ErrorReport };

type Failure = Exclude<Outcome, { readonly state: 'succeeded' }>;

/** Does the work and logs it. Whatever fails, the log among it, is an outcome; the log is whole when this returns. */
async function carryOut(
  { request, logFile }: FuelJob,
  secrets: Environment,
  explain: (error: unknown) => Failure,
  work: (onEvent: (event: BuildEvent) => void) => Promise<'found' | 'built'>,
): Promise<Outcome> {
  await using opened = new AsyncDisposableStack();
  let log: FuelLog | undefined;
  try {
    log = opened.adopt(await openFuelLog({ path: logFile, environment: secrets, now: Date.now }), async (one) => {
      await one.close();
    });
    const said = (await work(log.take)) === 'found' ? 'All necessary images are available' : 'Images built';
    const line = `${said} in ${request.output}: ${request.images.map(({ name }) => name).join(', ')}`;
    log.say(line);
    log.sayEnd();
    return { state: 'succeeded', exitStatus: 0, line };
  } catch (error) {
    const failure = explain(error);
    log?.say(`fuel-image failed: ${failure.report.message}`);
    return failure;
  }
}

function endOf(outcome: Outcome, secrets: Environment): Pick<Job, 'state' | 'exitStatus' | 'error'> {
  const { state, exitStatus } = outcome;
  if (outcome.state === 'succeeded') return { state, exitStatus };
  const { code, message } = outcome.report;
  return { state, exitStatus, error: { code, message: redactorFor(secrets).text(message) } };
}

/** Waits while another build has the images. */
async function takeTurn(
  caller: Caller,
  { store, id }: FuelJob,
  signal: AbortSignal,
  watch: StopWatch,
): Promise<FileLock> {
  const lock = await store.tryLock(id);
  if (lock !== undefined) return lock;
  caller.stderr.write(`${caller.command}: waiting for another build of the same images, ${id}\n`);
  try {
    return await store.waitForLock(id, signal);
  } catch (error) {
    const exitStatus = watch.status();
    if (exitStatus === undefined) throw error;
    throw new IngotError('CANCELLED', `Stopped while waiting for ${id}`, { exitStatus });
  }
}

/** The process that submitted a detached job has written its beginning. */
async function begin({ store, id, request, logFile }: FuelJob, isDetached: boolean): Promise<Job> {
  if (isDetached) return await store.read(id);
  const own = await identityOf(process.pid);
  if (own === undefined) throw new Error('This process has no entry in /proc');
  const job: Job = {
    id,
    state: 'running',
    output: request.output,
    requestDigest: requestDigestOf(request),
    process: own,
    isDetached,
    startedAt: new Date().toISOString(),
    logFile,
  };
  await store.write(job);
  return job;
}

function failureOf(error: unknown, watch: StopWatch, deadline: AbortSignal): Failure {
  const signalStatus = watch.status();
  if (signalStatus !== undefined) return { state: 'cancelled', exitStatus: signalStatus, report: toErrorReport(error) };
  if (deadline.aborted)
    return { state: 'timed-out', exitStatus: TIMED_OUT_STATUS, report: toErrorReport(deadline.reason) };
  const report = toErrorReport(error);
  // That of a hook or program, which the report may have, is nothing that callers know.
  return { state: 'failed', exitStatus: ERROR_CODES[report.code].kind === 'usage' ? 2 : 1, report };
}

/** A signal that is aborted with `DEADLINE_PASSED` when the time is over. */
function startDeadline(seconds: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  if (seconds === 0) return { signal: controller.signal, [Symbol.dispose]: () => {} };
  const passed = new IngotError('DEADLINE_PASSED', `The images were not done within ${seconds} s`, {
    hint: 'What was built so far is kept: the next call goes on from there. --deadline allows more time.',
    exitStatus: TIMED_OUT_STATUS,
  });
  const timer = setTimeout(() => controller.abort(passed), seconds * 1000);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
