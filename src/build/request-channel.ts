import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open } from 'node:fs/promises';
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
 * and the program `ingot-request` beside them. One request is answered at a time.
 */
export class RequestChannel implements AsyncDisposable {
  readonly folder: string;
  /** Where failed requests are remembered. */
  readonly #faults: RequestFaults;
  readonly #socket: Socket;
  readonly #requests: FileHandle;

  private constructor(folder: string, requests: FileHandle, socket: Socket, faults: RequestFaults) {
    this.folder = folder;
    this.#faults = faults;
    this.#requests = requests;
    this.#socket = socket;
  }

  /**
   * Opens a channel in a new folder.
   * @param programs files to put beside the FIFOs, such as `ingot-request`
   * @param handlers by verb
   */
  static async open(
    folder: string,
    programs: Readonly<Record<string, string>>,
    handlers: Readonly<Record<string, RequestHandler>>,
  ): Promise<RequestChannel> {
    await mkdir(folder, { recursive: true });
    await run('mkfifo', ['--mode=0666', join(folder, 'request'), join(folder, 'reply')]);
    for (const [name, source] of Object.entries(programs)) await copyFile(source, join(folder, name));
    // Opened for reading and writing, the FIFO never reports an end between two hooks.
    const requests = await open(join(folder, 'request'), constants.O_RDWR | constants.O_NONBLOCK);
    const socket = new Socket({ fd: requests.fd, readable: true, writable: false });
    const faults: RequestFaults = { last: undefined };
    let rest = '';
    let turn = Promise.resolve();
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines)
        turn = turn.then(async () => await answer(line, join(folder, 'reply'), handlers, faults));
    });
    return new RequestChannel(folder, requests, socket, faults);
  }

  /** The error that ended a request since the last call of this, if there was one: it says more than the hook that failed of it. */
  takeFault(): IngotError | undefined {
    const fault = this.#faults.last;
    this.#faults.last = undefined;
    return fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.#requests.close().catch(() => {}); // the socket owns the same descriptor and may have closed it
  }
}

interface RequestFaults {
  last: IngotError | undefined;
}

async function answer(
  line: string,
  replyPath: string,
  handlers: Readonly<Record<string, RequestHandler>>,
  faults: RequestFaults,
): Promise<void> {
  const result = await handle(line, handlers, faults);
  const prefix = (mark: string, text: string) =>
    (text === '' ? '' : text.replace(/\n$/, '').replace(/^/gm, mark)) + (text === '' ? '' : '\n');
  await using reply = await open(replyPath, 'w');
  await reply.writeFile(`${prefix('2', result.stderr)}${prefix('1', result.stdout)}=${result.status}\n`);
}

async function handle(
  line: string,
  handlers: Readonly<Record<string, RequestHandler>>,
  faults: RequestFaults,
): Promise<RequestAnswer> {
  const { verb, call } = decode(line);
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
    const report = toErrorReport(error);
    const lines = [report.message, ...(report.tail ?? []), ...(report.hint === undefined ? [] : [report.hint])];
    return { status: 1, stdout: '', stderr: lines.join('\n') };
  }
}

/** Undoes what `lib/ingot-request` packs: count, words, input and environment, each ended by a NUL, in base64. */
function decode(line: string): { verb: string; call: RequestCall } {
  const fields = Buffer.from(line, 'base64').toString('utf8').split('\0');
  const count = Number(fields[0]);
  const [verb = '', ...args] = fields.slice(1, 1 + count);
  const input = fields[1 + count] ?? '';
  const env = Object.fromEntries(
    fields
      .slice(2 + count)
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  return { verb, call: { args, input, env } };
}
