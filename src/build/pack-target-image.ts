import { chmod, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { digestsOf } from '../formats/checksums.ts';
import { run } from '../host/process.ts';
import type { TargetFacts } from '../layers/target-store.ts';
import { type Bytes, bytes, GIB } from '../model/bytes.ts';
import type { MeasuredBytes, TargetContainer } from '../model/target-image.ts';

/** A filesystem up to this length is compressed as a whole, in memory. It depends on no machine, so that bytes do not either. */
const COMPRESSED_AT_ONCE = bytes(2 * GIB);

/** Programs that a container needs. */
export const CONTAINER_TOOLS: Readonly<Record<TargetContainer, readonly string[]>> = {
  gzip: ['libdeflate-gzip', 'pigz'],
  raw: [],
};

/**
 * Moves a filesystem into its container; the file that it was is gone then.
 * @param rawFile absolute path of the filesystem
 * @param path absolute path of the file to write, readable for everybody
 * @param atOnce longest filesystem that is compressed as a whole
 * @throws IngotError `TOOL_FAILED`
 */
export async function packTargetImage(
  rawFile: string,
  container: TargetContainer,
  path: string,
  atOnce: Bytes = COMPRESSED_AT_ONCE,
): Promise<TargetFacts> {
  const facts = container === 'raw' ? await moveRaw(rawFile, path) : await compress(rawFile, path, atOnce);
  await chmod(path, 0o644);
  return facts;
}

async function moveRaw(rawFile: string, path: string): Promise<TargetFacts> {
  const raw = await measured(rawFile);
  await moveFile(rawFile, path);
  return { raw, file: raw };
}

/**
 * Both programs write one member. libdeflate gets the lowest level at which its files are smaller than those of gzip and pigz at the usual
 * one, and so takes a quarter of their time, and memory for the whole file; pigz takes little memory and all processors, and its bytes do not
 * depend on their number, if they are two at least.
 */
async function compress(rawFile: string, path: string, atOnce: Bytes): Promise<TargetFacts> {
  const { size } = await stat(rawFile);
  const threads = String(Math.max(2, availableParallelism()));
  const [command, ...options] =
    size <= atOnce
      ? (['libdeflate-gzip', '-5', '-k'] as const)
      : (['pigz', '--no-name', '--keep', '--processes', threads] as const);
  const [raw] = await Promise.all([measured(rawFile), run(command, [...options, rawFile])]);
  await rm(rawFile);
  await moveFile(`${rawFile}.gz`, path);
  return { raw, file: await measured(path) };
}

async function moveFile(from: string, to: string): Promise<void> {
  await run('mv', ['--force', '--no-target-directory', from, to]);
}

async function measured(path: string): Promise<MeasuredBytes> {
  const { md5 = '' } = await digestsOf(path, ['md5'], new AbortController().signal);
  return { size: bytes((await stat(path)).size), md5 };
}
