import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { type OutputPipes, openOutputPipes } from './output-pipes.ts';
import { packageOfTool } from './tools.ts';

/** Lines kept of a program's output to explain a failure. */
const TAIL_LINES = 40;

export interface RunOptions {
  readonly cwd?: string;
  /** Whole environment of the program; undefined hands on ingot's own. */
  readonly env?: Environment;
  /** Text or bytes for its standard input, which is closed otherwise. */
  readonly input?: string | Uint8Array;
  /** Kills the program with SIGKILL when aborted. */
  readonly signal?: AbortSignal;
  /** Called for each whole line of output, without its line end. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** False discards standard output instead of collecting it; use it with `onLine` for long outputs. */
  readonly collects?: boolean;
  /** Statuses that are not a failure; 0 alone unless told. */
  readonly okStatuses?: readonly number[];
  /** True hands the terminal to the program: nothing is collected. */
  readonly isInteractive?: boolean;
  /** How output becomes text: UTF-8 unless told; `latin1` keeps every byte. */
  readonly encoding?: 'utf8' | 'latin1';
  /**
   * Folder for FIFOs that exist for a moment: with it the program gets pipes to write to in place of sockets, so that it can open
   * `/dev/stdout` and `/dev/stderr`, as other people's scripts do.
   */
  readonly pipesIn?: string;
  /** Open file descriptors to hand on as descriptors 3, 4, … of the program. */
  readonly extraFds?: readonly number[];
}

export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Last lines of both streams in order of arrival. */
  readonly tail: readonly string[];
}

/**
 * Runs a program to its end. It is the only way ingot runs programs that it waits for.
 * @throws IngotError `TOOL_MISSING` when there is no such program, `TOOL_FAILED` for a status not in `okStatuses`
 *   (128 + number for a signal), `CANCELLED` when `signal` was aborted
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await runForStatus(command, args, options);
  if ((options.okStatuses ?? [0]).includes(result.status)) return result;
  throw new IngotError('TOOL_FAILED', `${command} ended with status ${result.status}`, {
    tail: [`$ ${[command, ...args].join(' ')}`, ...result.tail],
  });
}

/** As `run`, but any exit status is a result. */
export async function runForStatus(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  if (options.signal?.aborted) throw stopped(command, options.signal);
  const pipes = await pipesFor(options);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: stdioOf(options, pipes),
    signal: options.signal,
    killSignal: 'SIGKILL',
  });
  const tail: string[] = [];
  const remember = (line: string) => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
  };
  pipes?.handOver();
  const stdout = follow(pipes?.stdout ?? child.stdout, 'stdout', options, remember);
  const stderr = follow(pipes?.stderr ?? child.stderr, 'stderr', options, remember);
  if (options.input !== undefined) {
    child.stdin?.on('error', () => {}); // a program may end without reading all its input
    child.stdin?.end(options.input);
  }
  let status: number;
  try {
    status = await ended(child, command, options.signal);
  } finally {
    if (child.pid === undefined) {
      pipes?.stdout.destroy();
      pipes?.stderr.destroy();
    }
    await Promise.all([stdout.ended, stderr.ended]);
  }
  return { status, stdout: stdout.text(), stderr: stderr.text(), tail };
}

/** A program that runs beside ingot until it is stopped. */
export interface BackgroundProcess {
  readonly pid: number;
  /** Resolves with the exit status; 128 + number for a signal. */
  readonly ended: Promise<number>;
  readonly child: ChildProcess;
}

export interface StartOptions {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly stdio: StdioOptions;
  /** True starts it in a session of its own, where signals for ingot's terminal or process group do not reach it. */
  readonly isDetached?: boolean;
}

/** Starts a program and returns at once. The caller owns it: it has to await `ended`, unless it is detached and meant to stay. */
export function start(command: string, args: readonly string[], options: StartOptions): BackgroundProcess {
  const { env, cwd, stdio, isDetached: detached = false } = options;
  const child = spawn(command, args, { env, cwd, stdio, detached });
  return { pid: child.pid ?? -1, ended: ended(child, command, undefined), child };
}

async function pipesFor({ pipesIn, isInteractive }: RunOptions): Promise<OutputPipes | undefined> {
  if (pipesIn === undefined || isInteractive) return undefined;
  return await openOutputPipes(pipesIn, async (paths) => await run('mkfifo', paths));
}

function stdioOf(options: RunOptions, pipes: OutputPipes | undefined): StdioOptions {
  const extra = options.extraFds ?? [];
  if (options.isInteractive) return ['inherit', 'inherit', 'inherit', ...extra];
  return [
    options.input === undefined ? 'ignore' : 'pipe',
    ...(pipes?.writers ?? (['pipe', 'pipe'] as const)),
    ...extra,
  ];
}

interface Followed {
  /** Everything so far, where it is collected. */
  readonly text: () => string;
  /** Resolves when the stream is at its end. */
  readonly ended: Promise<void>;
}

function follow(
  stream: Readable | null,
  name: 'stdout' | 'stderr',
  options: RunOptions,
  remember: (line: string) => void,
): Followed {
  const decoder = new StringDecoder(options.encoding ?? 'utf8');
  const chunks: string[] = [];
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      remember(line);
      options.onLine?.(line, name);
    }
  };
  stream?.on('data', (chunk: Buffer) => {
    const text = decoder.write(chunk);
    if (options.collects !== false) chunks.push(text);
    take(text);
  });
  stream?.on('end', () => {
    const cut = decoder.end();
    if (options.collects !== false) chunks.push(cut);
    if (rest + cut !== '') take(`${cut}\n`);
  });
  const closed = stream === null ? Promise.resolve() : finished(stream).catch(() => {}); // its program tells what is wrong
  return { text: () => chunks.join(''), ended: closed };
}

async function ended(child: ChildProcess, command: string, signal: AbortSignal | undefined): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(stopped(command, signal));
      else if (error.code === 'ENOENT') reject(missingTool(command));
      else reject(error);
    });
    child.once('close', (code, signalName) => resolve(code ?? 128 + signalNumber(signalName)));
  });
}

function stopped(command: string, signal: AbortSignal): IngotError {
  return signal.reason instanceof IngotError ? signal.reason : new IngotError('CANCELLED', `${command} was stopped`);
}

function missingTool(command: string): IngotError {
  const packageName = packageOfTool(command);
  return new IngotError('TOOL_MISSING', `The program ${command} is not installed`, {
    hint:
      packageName === undefined
        ? `Install ${command}.`
        : `Install the package ${packageName}, or run: ingot doctor --install`,
  });
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGPIPE: 13,
  SIGTERM: 15,
};

function signalNumber(name: string | null): number {
  return name === null ? 0 : (SIGNAL_NUMBERS[name] ?? 0);
}
