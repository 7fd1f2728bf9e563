import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';

/** Pipes for the output of a program. Node gives sockets, which a program cannot open anew as `/dev/stdout` or `/dev/stderr`. */
export interface OutputPipes {
  /** What the program gets as descriptors 1 and 2. */
  readonly writers: readonly [stdout: number, stderr: number];
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** To be called once the program has its descriptors: from then on the streams end when the program's side is closed. */
  readonly handOver: () => void;
}

/**
 * Makes pipes, by way of FIFOs that exist for a moment.
 * @param folder where to make them
 * @param makeFifos runs `mkfifo` with these paths
 */
export async function openOutputPipes(
  folder: string,
  makeFifos: (paths: readonly string[]) => Promise<unknown>,
): Promise<OutputPipes> {
  const own = await mkdtemp(join(folder, 'pipes-'));
  try {
    const paths = [join(own, 'stdout'), join(own, 'stderr')] as const;
    await makeFifos(paths);
    const [stdout, stderr] = [openPipe(paths[0]), openPipe(paths[1])];
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
    await rm(own, { recursive: true, force: true });
  }
}

/** The reading end first: without a reader a FIFO cannot be opened for writing, and without a writer it would be at its end. */
function openPipe(path: string): { reader: Socket; writer: number } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  return { reader: new Socket({ fd, readable: true, writable: false }), writer };
}
