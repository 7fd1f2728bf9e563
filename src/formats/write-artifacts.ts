import { rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import { type AsideFile, openAside, removeAbandonedAsides } from '../host/aside-file.ts';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { run } from '../host/process.ts';
import type { Artifact, ImageFormat } from '../model/artifact.ts';
import { bytes } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import type { BuildRequest } from '../model/request.ts';
import { checksumLine, digestsOf } from './checksums.ts';
import { importIntoDocker } from './docker.ts';
import type { FormatInput, FormatWish } from './format-writer.ts';
import { keepOldImage } from './old-image.ts';
import { type Output, outputsOf } from './output-names.ts';
import { checkSpace, explainWriteFailure } from './output-space.ts';
import { writerOf } from './registry.ts';

export interface WriteArtifactsOptions {
  readonly request: FormatWish & Pick<BuildRequest, 'outputName' | 'formats' | 'checksums' | 'keepsOldImage'>;
  /** Absolute path of the raw disk; needed for the formats of a disk. It is used up when `raw` is among the formats. */
  readonly rawDisk?: string;
  /** Absolute path of the root tree; needed for the formats of a tree. */
  readonly tree?: string;
  /** Files from an earlier build that are the same as what would be made; they are copied instead. */
  readonly kept?: Readonly<Partial<Record<ImageFormat, string>>>;
  /** Absolute path of a folder for files on the way, which the caller removes. */
  readonly scratch: string;
  /** A text that is the same for the same content; identifiers in the files are derived from it. */
  readonly identity: string;
  /** Seconds since the Unix epoch; later times in archives are set to it. */
  readonly epoch: number;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/**
 * Writes every image file of a request, side by side where they do not need each other's source, with its checksum files, and hands the
 * tree to Docker when all are there. Each file is written beside its place, synced and renamed; an older image is kept under a dated name
 * where the request says so.
 * @returns the files in the order asked for
 * @throws IngotError `DISK_FULL`, `OUTPUT_UNWRITABLE`, `USAGE` for options that do not fit, `TOOL_FAILED`, `CANCELLED`
 */
export async function writeArtifacts(options: WriteArtifactsOptions): Promise<Artifact[]> {
  const outputs = outputsOf(options.request);
  const readers = outputs.filter(({ format }) => !writerOf(format).consumesDisk);
  const consumers = outputs.filter(({ format }) => writerOf(format).consumesDisk);
  const written = new Map<Output, Artifact>();

  const queue = new PQueue({ concurrency: Math.max(2, availableParallelism()) });
  const settled = await Promise.allSettled(
    readers.map((output) => queue.add(async () => written.set(output, await writeOne(output, options)))),
  );
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  for (const output of consumers) written.set(output, await writeOne(output, options));
  if (options.request.formats.includes('docker')) await sendToDocker(options);
  return outputs.flatMap((output) => written.get(output) ?? []);
}

async function sendToDocker({ tree, epoch, request, emit, signal }: WriteArtifactsOptions): Promise<void> {
  if (tree === undefined) throw new IngotError('INTERNAL', 'The format docker was asked for without its source');
  await importIntoDocker({ source: tree, epoch, wish: request, emit, signal });
}

async function writeOne(output: Output, options: WriteArtifactsOptions): Promise<Artifact> {
  const kept = options.kept?.[output.format];
  const rawDisk = kept === undefined ? options.rawDisk : undefined;
  try {
    await removeAbandonedAsides(output.path);
    if (kept !== undefined && (await isInPlace(output, kept, options.request))) {
      const digests = await digestsOf(output.path, options.request.checksums, options.signal);
      await removeChecksums(output.path);
      return await describe(output, digests, options);
    }
    await checkSpace(output, rawDisk);
    await using aside = await openAside(output.path);
    if (kept === undefined) await writerOf(output.format).write(inputOf(output, aside, options));
    else await run('cp', ['--reflink=auto', '--sparse=auto', kept, aside.path], { signal: options.signal });
    return await publish(output, aside, options);
  } catch (error) {
    throw await explainWriteFailure(error, output, rawDisk);
  }
}

function inputOf(output: Output, aside: AsideFile, options: WriteArtifactsOptions): FormatInput {
  const { rawDisk, tree, request, scratch, identity, epoch, emit, signal } = options;
  const source = writerOf(output.format).source === 'disk' ? rawDisk : tree;
  if (source === undefined)
    throw new IngotError('INTERNAL', `The format ${output.format} was asked for without its source`);
  return {
    target: aside.path,
    source,
    path: output.path,
    scratch,
    identity,
    epoch,
    wish: request,
    emit,
    signal,
  };
}

/** True where the image to be replaced is the very file that is kept: writing it again would change nothing. */
async function isInPlace(output: Output, kept: string, request: WriteArtifactsOptions['request']): Promise<boolean> {
  if (request.keepsOldImage && writerOf(output.format).keepsOldImage) return false;
  const [old, same] = await Promise.all([stat(output.path).catch(() => undefined), stat(kept)]);
  return old?.ino === same.ino && old.dev === same.dev;
}

/** Gives the file its name once nothing can fail any more that would have to be undone; what describes it follows. */
async function publish(output: Output, aside: AsideFile, options: WriteArtifactsOptions): Promise<Artifact> {
  const { request, emit, signal } = options;
  const digests = await digestsOf(aside.path, request.checksums, signal);
  await aside.sync();
  signal.throwIfAborted();
  if (request.keepsOldImage && writerOf(output.format).keepsOldImage) {
    const kept = await keepOldImage(output.path, new Date());
    if (kept !== undefined) emit({ kind: 'message', level: 'info', text: `Old image found. It is kept as ${kept}` });
  }
  await removeChecksums(output.path);
  await aside.publish();
  return await describe(output, digests, options);
}

/** Writes the checksum files of an image that is in its place, and tells of it. */
async function describe(
  output: Output,
  digests: Artifact['digests'],
  { request, emit }: WriteArtifactsOptions,
): Promise<Artifact> {
  for (const kind of request.checksums)
    await writeFileAtomically(`${output.path}.${kind}`, checksumLine(digests[kind] ?? '', output.path));
  const artifact: Artifact = { ...output, size: bytes((await stat(output.path)).size), digests };
  emit({ kind: 'artifact-written', artifact });
  return artifact;
}

/** A checksum file of the image that goes away would lie about the new one. */
async function removeChecksums(path: string): Promise<void> {
  for (const kind of ['md5', 'sha256']) await rm(`${path}.${kind}`, { force: true });
}
