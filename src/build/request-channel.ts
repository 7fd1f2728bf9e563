import { constants, cpSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { run } from '../host/process.ts';
import { IngotError, toErrorReport } from '../model/error.ts';
import type { Environment } from '../model/request.ts';

/** What a hook asks the builder for. */
export interface RequestCall {
  readonly args: readonly string[];
  /** Text that the hook sent along. */
  readonly input: string;
  /** The hook's whole environment. */
  readonly env: Environment;
}

/** What the hook sees, as if a command had run. */
export interface RequestAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type RequestHandler = (call: RequestCall) => Promise<RequestAnswer>;

/**
 * The way by which hooks, inside and outside the chroot, ask the builder to do something: two FIFOs in a folder that both sides see,
 * and the program `ingot-request` beside them. One request is answered at a time. An answer names its request, so that what was meant for
 * a program that is dead by now is not taken by the next one.
 */
export class RequestChannel implements AsyncDisposable {
  readonly folder: string;
  /** Where failed requests are remembered. */
  readonly #faults: RequestFaults;
  readonly #requests: Socket;
  readonly #replies: Socket;

  private constructor(folder: string, requests: Socket, replies: Socket, faults: RequestFaults) {
    this.folder = folder;
    this.#faults = faults;
    this.#requests = requests;
    this.#replies = replies;
  }

  /**
   * Opens a channel in a new folder.
   * @param programs files and folders to put beside the FIFOs, such as `ingot-request`
   * @param handlers by verb
   */
  static async open(
    folder: string,
    programs: Readonly<Record<string, string>>,
    handlers: Readonly<Record<string, RequestHandler>>,
  ): Promise<RequestChannel> {
    await mkdir(folder, { recursive: true });
    await run('mkfifo', ['--mode=0666', join(folder, 'request'), join(folder, 'reply')]);
    for (const [name, source] of Object.entries(programs)) cpSync(source, join(folder, name), { recursive: true });
    const requests = new Socket({ fd: openFifo(join(folder, 'request')), readable: true, writable: false });
    const replies = new Socket({ fd: openFifo(join(folder, 'reply')), readable: false, writable: true });
    const faults: RequestFaults = { last: undefined };
    let rest = '';
    let turn = Promise.resolve();
    requests.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((one) => one !== ''))
        turn = turn.then(async () => void replies.write(await answer(line, handlers, faults)));
    });
    return new RequestChannel(folder, requests, replies, faults);
  }

  /** The error that ended a request since the last call of this, if there was one: it says more than the hook that failed of it. */
  takeFault(): IngotError | undefined {
    const fault = this.#faults.last;
    this.#faults.last = undefined;
    return fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests.destroy();
    this.#replies.destroy();
  }
}

interface RequestFaults {
  last: IngotError | undefined;
}

/** Opened for reading and writing, a FIFO neither ends between two programs nor makes anybody wait for one. */
function openFifo(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/** The text that `lib/ingot-request` takes apart. */
async function answer(
  line: string,
  handlers: Readonly<Record<string, RequestHandler>>,
  faults: RequestFaults,
): Promise<string> {
  const { id, verb, call } = decode(line);
  const { status, stdout, stderr } = await handle(verb, call, handlers, faults);
  return [`#${id}`, ...marked('2', stderr), ...marked('1', stdout), `=${status}`, ''].join('\n');
}

function marked(mark: string, text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.replace(/\n$/, '').split('\n');
  return lines.map((line) => `${mark}${line}`);
}

async function handle(
  verb: string,
  call: RequestCall,
  handlers: Readonly<Record<string, RequestHandler>>,
  faults: RequestFaults,
): Promise<RequestAnswer> {
  const handler = handlers[verb];
  if (handler === undefined) {
    return {
      status: 2,
      stdout: '',
      stderr: `ingot-request: unknown verb ${verb}; there are: ${Object.keys(handlers).join(', ')}`,
    };
  }
  try {
    return await handler(call);
  } catch (error) {
    faults.last = error instanceof IngotError ? error : undefined;
    return { status: 1, stdout: '', stderr: faultText(error) };
  }
}

/** What a hook's request prints when it fails of an error. */
export function faultText(error: unknown): string {
  const { message, tail = [], hint } = toErrorReport(error);
  return [message, ...tail, ...(hint === undefined ? [] : [hint])].join('\n');
}

/** Undoes what `lib/ingot-request` packs: id, count, words, input and environment, each ended by a NUL, in base64. */
function decode(line: string): { id: string; verb: string; call: RequestCall } {
  const [id = '', countText, ...fields] = Buffer.from(line, 'base64').toString('utf8').split('\0');
  const count = Number(countText);
  const [verb = '', ...args] = fields.slice(0, count);
  const input = fields[count] ?? '';
  const env = Object.fromEntries(
    fields
      .slice(1 + count)
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  return { id, verb, call: { args, input, env } };
}
