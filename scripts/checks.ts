import { lstat, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import { run, runForStatus } from '../src/host/process.ts';

/** How many checks or tests went which way. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

/**
 * Runs every check of the code, as many at a time as there are processors, and prints a line for each; a failed one is followed by
 * what it printed.
 * @param names checks to run; all when empty
 */
export async function runChecks(names: readonly string[] = []): Promise<Tally> {
  const checks = (await allChecks()).filter((check) => names.length === 0 || names.includes(check.name));
  const queue = new PQueue({ concurrency: availableParallelism() });
  const verdicts = await Promise.all(checks.map((check) => queue.add(async () => await runCheck(check))));
  const failed = verdicts.filter((isFine) => !isFine).length;
  return { passed: verdicts.length - failed, failed };
}

async function allChecks(): Promise<readonly Check[]> {
  const { scripts, environments } = await shellFiles();
  return [
    { name: 'format', command: ['biome', 'format', '.'] },
    { name: 'lint', command: ['biome', 'lint', '--error-on-warnings', '.'] },
    { name: 'promises', command: ['oxlint', '--type-aware', 'src', 'test', 'scripts', 'packaging', 'bench'] },
    { name: 'types', command: ['tsc'] },
    { name: 'walls', command: ['depcruise', '--config', '.dependency-cruiser.json', 'src'] },
    { name: 'dead-code', command: ['knip', '--no-progress'] },
    { name: 'shell', command: ['shellcheck', '-x', ...scripts] },
    ...environments.slice(0, 1).map(() => ({
      name: 'environments',
      command: ['shellcheck', '-x', '-s', 'bash', '-e', 'SC2034,SC2154', ...environments],
    })),
    { name: 'elements', command: ['scripts/lint-elements'] },
    { name: 'dib-lint', command: ['bin/dib-lint'] },
  ];
}

async function runCheck(check: Check): Promise<boolean> {
  const startedAt = performance.now();
  const { isFine, output } = await outcomeOf(check.command);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isFine ? 'ok    ' : 'FAILED'} ${check.name.padEnd(12)} ${seconds.padStart(5)} s`);
  if (!isFine) console.log(output.trimEnd());
  return isFine;
}

async function outcomeOf(words: readonly string[]): Promise<{ isFine: boolean; output: string }> {
  const [command = '', ...args] = words;
  try {
    const { status, stdout, stderr } = await runForStatus(command, args);
    return { isFine: status === 0, output: `${stdout}${stderr}` };
  } catch (error) {
    return { isFine: false, output: error instanceof Error ? error.message : String(error) };
  }
}

/** Shell files of the project: those that name a shell in their first line, and what elements give to be sourced. */
async function shellFiles(): Promise<{ scripts: readonly string[]; environments: readonly string[] }> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const files = stdout.split('\0').filter((file) => file !== '' && !file.endsWith('.ts'));
  const scripts: string[] = [];
  for (const file of files) {
    if (await hasShellShebang(file)) scripts.push(file);
  }
  const environments = files.filter(
    (file) => /^elements\/[^/]+\/environment\.d\//.test(file) && !scripts.includes(file),
  );
  return { scripts, environments };
}

/** Links are left out: some of the project's lead to the standard streams, and reading those waits for ever. */
async function hasShellShebang(file: string): Promise<boolean> {
  const stats = await lstat(file).catch(() => undefined); // undefined for a file that is deleted and still in the index
  if (!stats?.isFile()) return false;
  return /^(#!.*\b(ba|da)?sh\b|# shellcheck shell=)/.test((await readFile(file, 'utf8')).slice(0, 80));
}
