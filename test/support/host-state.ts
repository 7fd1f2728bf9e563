import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a build could leave behind on a machine. */
export interface HostState {
  /** Mount points of this process's namespace, in mount order. */
  readonly mounts: readonly string[];
  /** Loop devices that are bound to a file, with the file. Other tests may have some at the same time. */
  readonly loopDevices: readonly string[];
  /** Living processes that carry the mark of a test in their environment, as `pid command`. */
  readonly processes: readonly string[];
}

/**
 * What is there now, to be compared with what was there before.
 * @param mark text that the processes of the test have in their environment
 * @param isOwn tells by the path of its file whether a loop device may be the test's; without it all are
 */
export async function hostState(mark: string, isOwn: (file: string) => boolean = () => true): Promise<HostState> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return {
    mounts: table
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(3).join(' ')),
    loopDevices: await loopDevices(isOwn),
    processes: (await processesWith(mark)).map(({ pid, command }) => `${pid} ${command}`),
  };
}

export interface FoundProcess {
  readonly pid: number;
  readonly parent: number;
  /** Its words with blanks between them. */
  readonly command: string;
}

/** Living processes that have a text in their environment. A zombie is not alive: it has no environment. */
export async function processesWith(mark: string): Promise<readonly FoundProcess[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(ids.map(async (id) => await processWith(mark, id)));
  return found.flat();
}

async function processWith(mark: string, id: string): Promise<FoundProcess[]> {
  const environment = await readFile(`/proc/${id}/environ`, 'latin1').catch(() => '');
  if (!environment.includes(mark)) return [];
  const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
  const parent = await parentOf(id);
  if (parent === undefined) return [];
  return [{ pid: Number(id), parent: Number(parent), command: command.split('\0').join(' ').trim() }];
}

/** The words of a process and of all that it started, directly or not, with blanks between them. */
export async function commandsBelow(pid: number): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = new Map(await Promise.all(ids.map(async (id) => [id, await parentOf(id)] as const)));
  const isBelow = (id: string | undefined): boolean =>
    id === String(pid) || (id !== undefined && isBelow(parents.get(id)));
  const commands = ids.filter(isBelow).map(async (id) => await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(commands)).map((command) => command.split('\0').join(' ').trim());
}

async function parentOf(id: string): Promise<string | undefined> {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
  return /^PPid:\s*(\d+)/m.exec(status)?.[1];
}

async function loopDevices(isOwn: (file: string) => boolean): Promise<readonly string[]> {
  const names = (await readdir('/sys/block').catch(() => [])).filter((name) => name.startsWith('loop'));
  const bound = await Promise.all(
    names.map(async (name) => {
      const file = await readFile(join('/sys/block', name, 'loop/backing_file'), 'utf8').catch(() => undefined);
      return file === undefined || !isOwn(file) ? [] : [`${name} ${file.trim()}`];
    }),
  );
  return bound.flat();
}
