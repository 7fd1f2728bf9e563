import { closeSync, constants, mkdtempSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, join } from 'node:path';
import { isErrno } from '../model/errno.ts';

/** Pipes for the output of a program. Node gives sockets, which a program cannot open anew as `/dev/stdout` or `/dev/stderr`. */
export interface OutputPipes {
  /** What the program gets as descriptors 1 and 2. */
  readonly writers: readonly [stdout: number, stderr: number];
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** To be called once the program has its descriptors: from then on the streams end when the program's side is closed. */
  readonly handOver: () => void;
}

type MakeFifos = (paths: readonly string[]) => Promise<unknown>;

/** FIFOs made at once: starting `mkfifo` costs more than making many. */
const SPARE_FIFOS = 64;

const SPARE = 'spare-fifo-';

/**
 * Makes pipes, by way of FIFOs that lose their names at once. Spare ones lie in the folder for the next call.
 * @param folder where to make them; whoever owns it removes the spare ones with it
 * @param makeFifos runs `mkfifo` with these paths
 */
export async function openOutputPipes(folder: string, makeFifos: MakeFifos): Promise<OutputPipes> {
  const own = mkdtempSync(join(folder, 'pipes-'));
  try {
    const stdout = openPipe(await takeFifo(folder, own, makeFifos));
    const stderr = openPipe(await takeFifo(folder, own, makeFifos));
    return {
      writers: [stdout.writer, stderr.writer],
      stdout: stdout.reader,
      stderr: stderr.reader,
      handOver: () => {
        closeSync(stdout.writer);
        closeSync(stderr.writer);
      },
    };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** The reading end first: without a reader a FIFO cannot be opened for writing, and without a writer it would be at its end. */
function openPipe(path: string): { reader: Socket; writer: number } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  return { reader: new Socket({ fd, readable: true, writable: false }), writer };
}

/** Moves a spare FIFO into a folder of one's own, so that nobody else takes it. */
async function takeFifo(folder: string, own: string, makeFifos: MakeFifos): Promise<string> {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(SPARE)) continue;
    try {
      renameSync(join(folder, name), join(own, name));
      return join(own, name);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
  const names = Array.from({ length: SPARE_FIFOS }, (_, index) => `${SPARE}${basename(own)}-${index}`);
  await makeFifos(names.map((name) => join(folder, name)));
  return await takeFifo(folder, own, makeFifos);
}
