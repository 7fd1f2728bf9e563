import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type RunResult, run, runForStatus } from '../../src/host/process.ts';

const SUPPORT = fileURLToPath(new URL('.', import.meta.url));

/** 2023-11-14 22:13:20 UTC. */
export const EPOCH = 1_700_000_000;

/** Runs a command as root, in a mount namespace of its own: as it is, or in a user namespace. Any status is a result. */
export async function runAsRoot(...words: readonly string[]): Promise<RunResult> {
  const namespace = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user', '--map-auto'];
  return await runForStatus('unshare', ['--mount', '--propagation', 'private', ...namespace, ...words]);
}

/** Makes a folder with everything that is easily lost on the way into a filesystem. */
export async function makeTortureTree(folder: string): Promise<void> {
  const { status, tail } = await runAsRoot(`${SUPPORT}make-torture-tree`, folder);
  if (status !== 0) throw new Error(tail.join('\n'));
}

export interface AssembleCall {
  readonly tree: string;
  readonly output: string;
  readonly layout: string;
  readonly mib?: number;
}

/** Puts a tree on a disk in the way of the builder: as root of a namespace. Prints errors as JSON and ends with status 1. */
export async function assemble({ tree, output, layout, mib = 96 }: AssembleCall): Promise<RunResult> {
  const program = `${SUPPORT}assemble-tree.ts`;
  return await runAsRoot(process.execPath, program, tree, output, String(mib), String(EPOCH), layout);
}

/** What debugfs says about something in an ext filesystem of a disk image. */
export async function askDebugfs(image: string, offset: number, request: string): Promise<string> {
  const { stdout } = await run('debugfs', ['-R', request, `${image}?offset=${offset}`]);
  return stdout;
}

/** Checks an ext filesystem of a disk image; an empty text when it is sound. */
export async function checkExt(image: string, offset: number): Promise<string> {
  const { status, stdout, stderr } = await runForStatus('e2fsck', ['-f', '-n', `${image}?offset=${offset}`]);
  return status === 0 ? '' : stdout + stderr;
}
