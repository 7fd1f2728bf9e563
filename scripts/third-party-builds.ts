import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { isThere } from '../src/host/is-there.ts';
import { run, runForStatus } from '../src/host/process.ts';
import type { Environment } from '../src/model/request.ts';
import { bootRamdiskUntil } from '../test/support/ramdisk-vm.ts';

const BIN = fileURLToPath(new URL('../bin', import.meta.url));
/** Elements of our own for what a distribution lacks; the last that a build sees. */
const STAND_INS = fileURLToPath(new URL('third-party-elements', import.meta.url));

/** Longer than a boot takes under emulation. */
const BOOT_SECONDS = 600;
/** A ramdisk is a whole system here, packed and unpacked. */
const RAMDISK_MEMORY_MIB = 4096;

const Source = z.strictObject({
  /** Where the repository is published. */
  url: z.string(),
  commit: z.string(),
  /** Its folder of elements. */
  folder: z.string(),
});

const Build = z.strictObject({
  name: z.string(),
  /** Sources whose elements it sees, the first one first. */
  from: z.array(z.string()).min(1),
  elements: z.array(z.string()).min(1),
  /** Options of `disk-image-create` beside those for the output. */
  options: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  /** What is expected: an image or ramdisk that boots, one that is built, or a failure with text that its reason has. */
  expect: z.union([z.literal('boots'), z.literal('builds'), z.strictObject({ fails: z.string() })]),
});

const Table = z.strictObject({ sources: z.record(z.string(), Source), builds: z.array(Build) });

/** A build of other people's elements. */
export type ThirdPartyBuild = z.infer<typeof Build>;
/** Repositories by name, and builds of their elements. */
export type ThirdPartyTable = z.infer<typeof Table>;

/** How a build went: what came of it, and whether that was expected. */
export interface ThirdPartyResult {
  readonly outcome: 'boots' | 'builds' | 'fails';
  readonly isExpected: boolean;
  readonly seconds: number;
  /** Why it failed. */
  readonly reason?: string;
}

/** Where builds find and leave things. All paths are absolute. */
export interface ThirdPartyPlaces {
  /** Folder with a clone of each repository, by the source's name. */
  readonly clones: string;
  /** Folder for the logs. */
  readonly logs: string;
  readonly env: Environment;
}

/** Reads the table of builds. */
export async function readTable(): Promise<ThirdPartyTable> {
  const text = await readFile(new URL('third-party-builds.yaml', import.meta.url), 'utf8');
  return Table.parse(parse(text));
}

/** Builds other people's elements as they were committed, and starts what shall boot. */
export async function runBuild(
  table: ThirdPartyTable,
  build: ThirdPartyBuild,
  { clones, logs, env }: ThirdPartyPlaces,
): Promise<ThirdPartyResult> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-third-party-'));
  const startedAt = Date.now();
  const log = join(logs, `${build.name}.log`);
  try {
    for (const name of build.from) await checkOut(clones, name, table, folder);
    const paths = build.from.map((name) => join(folder, name, table.sources[name]?.folder ?? ''));
    const output = join(folder, 'image');
    const words = ['-t', 'qcow2', '-u', '--logfile', log, '-o', output, ...build.options, ...build.elements];
    await rm(log, { force: true });
    const { status, tail } = await runForStatus(join(BIN, 'disk-image-create'), words, {
      cwd: join(folder, build.from[0] ?? ''),
      env: {
        DIB_RELEASE: 'bookworm',
        ...env,
        ...build.environment,
        ELEMENTS_PATH: [...paths, STAND_INS].join(delimiter),
      },
    });
    const reason =
      status !== 0 ? await reasonOf(log, tail) : build.expect === 'boots' ? await bootFault(output, env) : undefined;
    const seconds = (Date.now() - startedAt) / 1000;
    const outcome = reason !== undefined ? 'fails' : build.expect === 'boots' ? 'boots' : 'builds';
    return { outcome, isExpected: isExpected(build, outcome, reason), seconds, reason };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files of a commit, so that nothing that lies in the clone beside them is built. */
async function checkOut(clones: string, name: string, table: ThirdPartyTable, folder: string): Promise<void> {
  const source = table.sources[name];
  if (source === undefined) throw new Error(`There is no source ${name}`);
  const at = join(folder, name);
  const archive = join(folder, `${name}.tar`);
  await mkdir(at);
  await run('git', ['-C', join(clones, name), 'archive', '--output', archive, source.commit]);
  await run('tar', ['--extract', '--file', archive, '--directory', at]);
}

/** Why a disk, or the kernel and ramdisk that were made in its place, does not come to its login prompt. */
async function bootFault(output: string, env: Environment): Promise<string | undefined> {
  if (isThere(`${output}.initramfs`))
    return await bootRamdiskUntil(output, /\blogin: /, BOOT_SECONDS * 1000, RAMDISK_MEMORY_MIB).then(
      () => undefined,
      (error) => String(error),
    );
  const words = ['boot', '--check', '--timeout', String(BOOT_SECONDS), `${output}.qcow2`];
  const { status, tail } = await runForStatus(join(BIN, 'ingot'), words, { env });
  return status === 0 ? undefined : tail.join('\n');
}

/** What the build says of its end: the lines from its verdict on. */
async function reasonOf(log: string, tail: readonly string[]): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => tail.join('\n'));
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\S+ \S+ \| /, ''));
  const last = lines.findLastIndex((line) => /ended with status \d|The build failed/.test(line));
  return lines.slice(last).join('\n');
}

function isExpected({ expect }: ThirdPartyBuild, outcome: string, reason: string | undefined): boolean {
  return typeof expect === 'string' ? outcome === expect : reason?.includes(expect.fails) === true;
}
