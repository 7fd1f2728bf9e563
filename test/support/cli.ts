import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { type RunResult, run, runForStatus } from '../../src/host/process.ts';
import type { Environment } from '../../src/model/request.ts';
import { type FileTexts, folderTree } from './folder-tree.ts';
import { type HostState, hostState } from './host-state.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));

export interface CommandCall {
  /** Added to the workshop's environment; undefined takes a name away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface BuildCall extends CommandCall {
  /** `disk-image-create` unless given. */
  readonly command?: 'ramdisk-image-create';
  /** Elements beside `fake-os`. */
  readonly elements?: readonly string[];
  /** Options; the type of the image is tar unless one of them is `-t`. */
  readonly options?: readonly string[];
}

/** A folder with everything that runs of the real commands need, and nothing of the machine's own settings. */
export interface Workshop extends AsyncDisposable {
  readonly path: string;
  /** Text that the environment of every process started here has. */
  readonly mark: string;
  /** Absolute path of something in the folder. */
  readonly at: (relativePath: string) => string;
  /** Writes files of elements: `{'my-element/install.d/10-x': hook('true')}`. */
  readonly write: (files: FileTexts) => Promise<void>;
  /** Runs a command of `bin/` to its end. */
  readonly command: (name: string, args: readonly string[], call?: CommandCall) => Promise<RunResult>;
  /** The words and the environment of a build, for whoever starts it in another way. */
  readonly buildWords: (call?: BuildCall) => readonly string[];
  readonly environment: (call?: CommandCall) => Environment;
  /** Builds `fake-os` with more elements into `image`. */
  readonly build: (call?: BuildCall) => Promise<RunResult>;
  /** Names in the built tar archive, without `./` at their front. */
  readonly names: () => Promise<readonly string[]>;
  /** Text of a file in the built tar archive. */
  readonly content: (name: string) => Promise<string>;
  /** What tar says of one name in the archive: mode, owner, size, time, name. */
  readonly facts: (name: string) => Promise<string>;
  readonly hostState: () => Promise<HostState>;
  /** Names that builds left where they keep temporary folders and leases. */
  readonly leftovers: () => Promise<readonly string[]>;
}

/** Makes a workshop with elements. */
export async function workshop(elements: FileTexts = {}): Promise<Workshop> {
  const mark = `INGOT_TEST=${randomUUID()}`;
  const folder = await folderTree();
  const at = (relativePath: string) => join(folder.path, relativePath);
  for (const name of ['elements', 'home', 'tmp', 'work']) await mkdir(at(name));
  const write = async (files: FileTexts) =>
    await folder.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`elements/${name}`, text])));
  await write(elements);
  const environment = (call: CommandCall = {}): Environment => {
    const merged = { ...ownEnvironment(folder.path, mark), ...call.env };
    return Object.fromEntries(
      Object.entries(merged).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
  };
  const command = async (name: string, args: readonly string[], call: CommandCall = {}) =>
    await runForStatus(join(BIN, name), args, { env: environment(call), cwd: call.cwd ?? at('work') });
  const archive = at('image.tar');
  const tar = async (...args: readonly string[]) => (await run('tar', ['--file', archive, ...args])).stdout;
  return {
    path: folder.path,
    mark,
    at,
    write,
    environment,
    command,
    buildWords: (call = {}) => [join(BIN, 'disk-image-create'), ...buildWords(folder.path, call)],
    build: async (call = {}) => await command(call.command ?? 'disk-image-create', buildWords(folder.path, call), call),
    names: async () => (await tar('--list')).split('\n').map((name) => name.replace(/^\.\//, '').replace(/\/$/, '')),
    content: async (name) => await tar('--extract', '--to-stdout', `./${name}`),
    facts: async (name) => await tar('--list', '--verbose', '--no-recursion', '--numeric-owner', `./${name}`),
    hostState: async () => await workshopState(folder.path, mark),
    leftovers: async () => await leftovers(folder.path),
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

/** An executable bash script with the settings that hooks have. */
export function hook(...lines: readonly string[]): string {
  return `exec:#!/bin/bash\nset -eu -o pipefail\n${lines.join('\n')}\n`;
}

/** Everything a command printed. The commands of diskimage-builder's contract print on one stream once they have begun. */
export function said(result: RunResult): string {
  return result.stdout + result.stderr;
}

/** What hooks printed after a word of the test's choice, in order: `marked(result, 'RAN')`. */
export function marked(result: RunResult, word: string): readonly string[] {
  return result.stdout.split('\n').flatMap((line) => new RegExp(`^${word} (.*)$`).exec(line)?.[1] ?? []);
}

function buildWords(folder: string, { elements = [], options = [] }: BuildCall): readonly string[] {
  const type = options.includes('-t') ? [] : ['-t', 'tar'];
  return ['-n', ...type, '-o', join(folder, 'image'), ...options, 'fake-os', ...elements];
}

function ownEnvironment(folder: string, mark: string): Environment {
  const [markName = '', markValue = ''] = mark.split('=');
  return {
    [markName]: markValue,
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: join(folder, 'home'),
    TMPDIR: join(folder, 'tmp'),
    DIB_IMAGE_CACHE: join(folder, 'cache'),
    DIB_NO_TIMESTAMP: '1',
    ELEMENTS_PATH: `${join(folder, 'elements')}:${inject('fakeOsElements')}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? inject('compileCache'),
  };
}

/** A file in a memory filesystem of a build has no path outside of it, but a name with the build's own. */
async function workshopState(folder: string, mark: string): Promise<HostState> {
  const builds = await buildIds(folder);
  return await hostState(mark, (file) => [folder, ...builds].some((name) => file.includes(name)));
}

async function buildIds(folder: string): Promise<readonly string[]> {
  const logs = join(folder, 'cache/ingot/logs');
  const names = await readdir(logs).catch(() => []);
  const texts = await Promise.all(names.map(async (name) => await readFile(join(logs, name, 'events.ndjson'), 'utf8')));
  return texts.flatMap((text) => /"buildId":"(\w+)"/.exec(text)?.[1] ?? []);
}

async function leftovers(folder: string): Promise<readonly string[]> {
  const places = ['tmp', 'cache/ingot/leases', 'cache/ingot/layers/scratch', 'cache/ingot/layers-userns/scratch'];
  const lists = await Promise.all(
    places.map(async (place) => (await readdir(join(folder, place)).catch(() => [])).map((name) => `${place}/${name}`)),
  );
  return lists.flat();
}
