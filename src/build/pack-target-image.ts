import { chmod, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { digestsOf } from '../formats/checksums.ts';
import { run } from '../host/process.ts';
import type { TargetFacts } from '../layers/target-store.ts';
import { bytes } from '../model/bytes.ts';
import type { MeasuredBytes, TargetContainer } from '../model/target-image.ts';

/**
 * Moves a filesystem into its container; the file that it was is gone then.
 * @param rawFile absolute path of the filesystem
 * @param path absolute path of the file to write, readable for everybody
 * @throws IngotError `TOOL_FAILED`
 */
export async function packTargetImage(rawFile: string, container: TargetContainer, path: string): Promise<TargetFacts> {
  const facts = container === 'raw' ? await moveRaw(rawFile, path) : await compress(rawFile, path);
  await chmod(path, 0o644);
  return facts;
}

async function moveRaw(rawFile: string, path: string): Promise<TargetFacts> {
  const raw = await measured(rawFile);
  await moveFile(rawFile, path);
  return { raw, file: raw };
}

/** pigz writes one member; its bytes do not depend on the number of processors, if they are two at least. */
async function compress(rawFile: string, path: string): Promise<TargetFacts> {
  const threads = String(Math.max(2, availableParallelism()));
  const [raw] = await Promise.all([
    measured(rawFile),
    run('pigz', ['--no-name', '--keep', '--processes', threads, rawFile]),
  ]);
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
