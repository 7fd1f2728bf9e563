import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runForStatus } from '../host/process.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError, type SourcePlace } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import type { HookTreeNode } from './hook-tree.ts';

/** The program that sources an `environment.d`, on the host or, made visible there, inside a root tree: `PROGRAM FOLDER RESULT`. */
const SOURCE_ENVIRONMENT = fileURLToPath(new URL('../../lib/source-environment', import.meta.url));

/** The program that runs a hook, even one without a `#!` line: `PROGRAM HOOK`. */
export const RUN_HOOK = fileURLToPath(new URL('../../lib/run-hook', import.meta.url));

/** Variables that bash sets for itself and that hooks set anew. */
const SHELL_VARIABLES: readonly string[] = ['_', 'SHLVL', 'PWD', 'OLDPWD'];

export interface SourceEnvironmentOptions {
  /** Absolute path of the `environment.d`; it may be missing. */
  readonly folder: string;
  /** Environment to start from. */
  readonly env: Environment;
  readonly cwd: string;
  /** Folder for a temporary file. */
  readonly scratch: string;
  /** What the elements put into the hook tree, to name the element of a file that fails. */
  readonly nodes?: readonly HookTreeNode[];
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly signal?: AbortSignal;
}

/** How a run of `SOURCE_ENVIRONMENT` ended. */
export interface SourcedOutcome {
  readonly status: number;
  /** Content of its result file; undefined when it wrote none. */
  readonly result: Uint8Array | undefined;
  readonly tail: readonly string[];
}

/**
 * Sources an `environment.d` on the host.
 * @returns what is exported afterwards
 * @throws IngotError `HOOK_FAILED` with the status, the file and, where bash tells, the line
 */
export async function sourceEnvironment(options: SourceEnvironmentOptions): Promise<Environment> {
  const scratch = await mkdtemp(join(options.scratch, 'environment-'));
  try {
    const resultFile = join(scratch, 'result');
    const { status, tail } = await runForStatus('bash', [SOURCE_ENVIRONMENT, options.folder, resultFile], options);
    const outcome = { status, tail, result: await readResult(resultFile) };
    return sourcedEnvironment(outcome, options.env, options.nodes);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * The environment that a run of `SOURCE_ENVIRONMENT` left.
 * @param before the environment it started from, for the variables that the shell itself changes
 * @throws IngotError as `sourceEnvironment`
 */
export function sourcedEnvironment(
  outcome: SourcedOutcome,
  before: Environment,
  nodes: readonly HookTreeNode[] = [],
): Environment {
  const [verdict, ...fields] = new TextDecoder().decode(outcome.result).split('\0').slice(0, -1);
  if (verdict !== 'ok' || outcome.status !== 0) throw failure(outcome, fields, nodes);
  const pairs = fields.map((field): [string, string] => {
    const end = field.indexOf('=');
    return [field.slice(0, end), field.slice(end + 1)];
  });
  const own = SHELL_VARIABLES.flatMap((name): [string, string][] => {
    const value = before[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries([...pairs.filter(([name]) => !SHELL_VARIABLES.includes(name)), ...own]);
}

async function readResult(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function failure(outcome: SourcedOutcome, fields: readonly string[], nodes: readonly HookTreeNode[]): IngotError {
  const [file = '', line = '', command = ''] = fields;
  const name = `environment.d/${basename(file)}`;
  const node = nodes.find(({ target }) => target === name);
  const place = placeOf(node?.source ?? file, line, outcome.tail, file);
  const status = outcome.status === 0 ? 1 : outcome.status;
  const subject = file === '' ? 'environment.d' : `${name}${node === undefined ? '' : ` of element ${node.element}`}`;
  const what = command === '' ? '' : ` at: ${command}`;
  return new IngotError('HOOK_FAILED', `${subject} ended with status ${status}${what}`, {
    hint: 'Files of environment.d run under "set -eu -o pipefail": every command has to succeed and every variable to be set.',
    place,
    tail: outcome.tail,
    exitStatus: status,
  });
}

function placeOf(source: string, line: string, tail: readonly string[], file: string): SourcePlace | undefined {
  if (source === '') return undefined;
  if (line !== '') return { file: source, line: Number(line) };
  // an unset variable or a syntax error ends bash without the trap, but it says where
  const said = tail.findLast((text) => text.startsWith(`${file}: line `));
  const number = /: line (\d+):/.exec(said ?? '')?.[1];
  return number === undefined ? { file: source } : { file: source, line: Number(number) };
}
