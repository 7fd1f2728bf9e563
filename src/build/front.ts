import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Assertion } from '../assertions/assertion.ts';
import { reclaimAbandoned, takeLease } from '../host/lease.ts';
import { checkNamespaces, inNamespaces, ownPrivilege } from '../host/namespaces.ts';
import { ownProgram } from '../host/own-program.ts';
import { start } from '../host/process.ts';
import { buildFoldersOf } from '../layers/store.ts';
import { type ErrorReport, IngotError, toErrorReport } from '../model/error.ts';
import type { BuildEvent, BuildEventBody } from '../model/events.ts';
import type { BuildRequest } from '../model/request.ts';
import type { BuilderTask, BuildFolders } from './builder-protocol.ts';
import { explainFullDisk, writtenFolders } from './full-disk.ts';

export interface CastOptions {
  readonly onEvent: (event: BuildEvent) => void;
  /** Aborting it stops the build; the abort reason is not used. */
  readonly signal?: AbortSignal;
  /** `plan` looks every step up in the layer store and runs none. */
  readonly mode?: 'build' | 'plan';
  /** What has to be true of the finished tree before image files are written; else the build fails. */
  readonly assertions?: readonly Assertion[];
}

export type CastResult =
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'failed' | 'cancelled'; readonly error: ErrorReport };

const BUILDER = ownProgram('builder');

/**
 * Tells malloc, mallopt(3), to give pieces of memory as large as those that downloads come in back to the kernel when they are free: what
 * stays with the builder is copied, page tables at least, for each program that it starts.
 */
const RETURNED_MEMORY = 'MALLOC_MMAP_THRESHOLD_=65536';

/**
 * Builds what a request asks for, in a process of its own that leaves nothing behind in whatever way it ends. Never throws for a failure
 * of the build: that is a result, and the last event says the same.
 */
export async function castImage(request: BuildRequest, options: CastOptions): Promise<CastResult> {
  const buildId = randomBytes(4).toString('hex');
  const startedAt = Date.now();
  let seq = 0;
  const emit = (body: BuildEventBody) => {
    seq += 1;
    options.onEvent({ ...body, seq, at: Date.now(), buildId });
  };
  const result = await runBuild(request, buildId, options, emit).catch(async (error: unknown): Promise<CastResult> => {
    const folders = writtenFolders({ buildId, request, folders: foldersOf(request, buildId) });
    return { outcome: 'failed', error: toErrorReport(await explainFullDisk(error, folders)) };
  });
  emit({ kind: 'build-finished', ms: Date.now() - startedAt, ...result });
  return result;
}

async function runBuild(
  request: BuildRequest,
  buildId: string,
  options: CastOptions,
  emit: (body: BuildEventBody) => void,
): Promise<CastResult> {
  const privilege = ownPrivilege();
  const folders = foldersOf(request, buildId);
  const journal = leaseJournal(request);
  await reclaimAbandoned(journal, privilege);
  const owned = [folders.build, folders.image, ...buildFoldersOf(folders.store, buildId)];
  const lease = await takeLease(journal, buildId, owned, privilege);
  try {
    await mkdir(folders.build, { recursive: true });
    await mkdir(folders.image, { recursive: true });
    const { mode = 'build', assertions = [] } = options;
    const task: BuilderTask = { buildId, request, privilege, mode, folders, assertions };
    return await superviseBuilder(task, options.signal, emit);
  } finally {
    await lease.release();
  }
}

async function superviseBuilder(
  task: BuilderTask,
  signal: AbortSignal | undefined,
  emit: (body: BuildEventBody) => void,
): Promise<CastResult> {
  const program = ['env', RETURNED_MEMORY, process.execPath, ...process.execArgv, BUILDER];
  const [command = '', ...args] = inNamespaces(task.privilege, program);
  const builder = start(command, args, { stdio: ['inherit', 'pipe', 'pipe', 'pipe', 'pipe'] });
  const stop = () => builder.child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  const own: string[] = [];
  const listening = Promise.all([
    readEvents(builder.child.stdio[4], emit),
    readLines(builder.child.stdout, (line) => own.push(line)),
    readLines(builder.child.stderr, (line) => own.push(line)),
  ]);
  sendTask(builder.child.stdio[3], task);
  if (signal?.aborted) stop();
  const status = await builder.ended;
  const [failure] = await listening;
  signal?.removeEventListener('abort', stop);
  if (signal?.aborted) return { outcome: 'cancelled', error: cancelled() };
  if (failure.report !== undefined) return { outcome: 'failed', error: failure.report };
  if (status === 0) return { outcome: 'succeeded' };
  if (!failure.hasStarted) await checkNamespaces(task.privilege);
  return { outcome: 'failed', error: builderDied(status, own) };
}

function foldersOf(request: BuildRequest, buildId: string): BuildFolders {
  const cache = join(request.imageCache, 'ingot');
  return {
    build: join(request.temporaryFolder, `dib_build.${buildId}`),
    image: join(request.temporaryFolder, `dib_image.${buildId}`),
    store: join(cache, ownPrivilege() === 'root' ? 'layers' : 'layers-userns'),
    cache,
  };
}

/** The folder of leases. It lies with the caller and not with the cache, so that a build with another cache still finds what an earlier one left. */
export function leaseJournal({ environment, imageCache }: Pick<BuildRequest, 'environment' | 'imageCache'>): string {
  const { XDG_STATE_HOME: state, HOME: home } = environment;
  if (state?.startsWith('/')) return join(state, 'ingot/leases');
  return home?.startsWith('/') ? join(home, '.local/state/ingot/leases') : join(imageCache, 'ingot/leases');
}

function sendTask(stream: unknown, task: BuilderTask): void {
  if (!isWritable(stream)) throw new Error('The builder has no request pipe');
  stream.on('error', () => {}); // a builder that died says so by its status
  stream.end(JSON.stringify(task));
}

/** What the builder said: whether it said anything, and the error it ended with. */
async function readEvents(
  stream: unknown,
  emit: (body: BuildEventBody) => void,
): Promise<{ hasStarted: boolean; report?: ErrorReport }> {
  const seen: { hasStarted: boolean; report?: ErrorReport } = { hasStarted: false };
  if (!isReadable(stream)) return seen;
  await readLines(stream, (line) => {
    seen.hasStarted = true;
    const body: BuildEventBody = JSON.parse(line);
    if (body.kind !== 'build-finished') emit(body);
    else if (body.outcome !== 'succeeded') seen.report = body.error;
  });
  return seen;
}

async function readLines(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (stream === null) return;
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) onLine(line);
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === 'object' && stream !== null && 'pipe' in stream;
}

function isWritable(stream: unknown): stream is Writable {
  return typeof stream === 'object' && stream !== null && 'end' in stream;
}

function cancelled(): ErrorReport {
  return toErrorReport(new IngotError('CANCELLED', 'The build was stopped; everything it held is released'));
}

function builderDied(status: number, tail: readonly string[]): ErrorReport {
  const how = status > 128 ? `was killed by signal ${status - 128}` : `ended with status ${status}`;
  const hint =
    status === 137
      ? 'When nobody killed it, the machine ran out of memory: give it more, or build with DIB_NO_TMPFS=1.'
      : undefined;
  return toErrorReport(new IngotError('BUILDER_DIED', `The builder process ${how}`, { tail, hint }));
}
