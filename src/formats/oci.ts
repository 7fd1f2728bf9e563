import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { run } from '../host/process.ts';
import { IngotError } from '../model/error.ts';
import { digestsOf } from './checksums.ts';
import { gzipWords, zstdWords } from './compressor.ts';
import type { FormatInput, FormatWish, FormatWriter } from './format-writer.ts';
import { isFullDisk } from './full-disk.ts';
import {
  type Descriptor,
  DOCUMENT_TYPES,
  imageConfig,
  imageIndex,
  imageManifest,
  LAYER_TYPES,
} from './oci-documents.ts';
import { archiveTree } from './tree-archive.ts';

/**
 * `oci`: the root tree as a container image of one layer, in the layout of OCI under tar. podman, skopeo, containerd and Docker load it.
 * @see OCI Image Format Specification 1.1, image-layout
 */
export const ociFormat = {
  source: 'tree',
  extension: 'oci',
  tools: ({ compression }) => ['tar', ...PROGRAMS[compression.oci.kind]],
  keepsOldImage: true,
  write: async (input) => {
    const folder = await mkdtemp(join(input.scratch, 'oci-'));
    try {
      await writeLayout(input, folder).catch((error: unknown) => {
        throw explained(error, input);
      });
      await archiveLayout(input, folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
} as const satisfies FormatWriter;

/** A full disk is otherwise taken for that of the image, which is written later. */
function explained(error: unknown, { path, scratch }: FormatInput): unknown {
  if (!isFullDisk(error)) return error;
  return new IngotError('DISK_FULL', `No space left in ${scratch} for the layer of ${basename(path)}`, {
    hint: 'Make room there, or let TMPDIR name a larger place.',
    cause: error,
  });
}

const PROGRAMS = { gzip: ['pigz'], zstd: ['zstd'], none: [] } as const;

async function writeLayout(input: FormatInput, folder: string): Promise<void> {
  const { wish, epoch, signal } = input;
  const { kind } = wish.compression.oci;
  const blobs: BlobFolder = { folder: join(folder, 'blobs/sha256'), signal };
  await mkdir(blobs.folder, { recursive: true });
  const target = join(folder, 'layer');
  await archiveTree({ ...input, target }, { compressor: compressorOf(wish) });
  const diffId = `sha256:${await digestOfContent(target, kind, signal)}`;
  const layer = await keepBlob(blobs, LAYER_TYPES[kind], target);
  const config = await keepDocument(blobs, DOCUMENT_TYPES.config, imageConfig({ arch: wish.arch, epoch, diffId }));
  const manifest = await keepDocument(blobs, DOCUMENT_TYPES.manifest, imageManifest(config, layer));
  await writeFile(join(folder, 'index.json'), JSON.stringify(imageIndex(manifest, wish.arch, wish.dockerTarget)));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

function compressorOf(wish: FormatWish): string | undefined {
  const { kind, level } = wish.compression.oci;
  switch (kind) {
    case 'gzip':
      return gzipWords(wish, level);
    case 'zstd':
      return zstdWords(wish, level);
    case 'none':
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** SHA-256 of a layer as it was before compression. */
async function digestOfContent(path: string, kind: keyof typeof LAYER_TYPES, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  if (kind === 'none') await pipeline(file, hash, { signal });
  else await pipeline(file, kind === 'gzip' ? createGunzip() : createZstdDecompress(), hash, { signal });
  return hash.digest('hex');
}

interface BlobFolder {
  /** Absolute path of the folder with a file for each blob, named by its digest. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function keepDocument(blobs: BlobFolder, mediaType: string, document: unknown): Promise<Descriptor> {
  const file = join(blobs.folder, 'document');
  await writeFile(file, JSON.stringify(document));
  return await keepBlob(blobs, mediaType, file);
}

/** Gives a file the name that its content asks for. */
async function keepBlob({ folder, signal }: BlobFolder, mediaType: string, file: string): Promise<Descriptor> {
  const { sha256 = '' } = await digestsOf(file, ['sha256'], signal);
  const { size } = await stat(file);
  await rename(file, join(folder, sha256));
  return { mediaType, digest: `sha256:${sha256}`, size };
}

async function archiveLayout({ target, epoch, wish, signal }: FormatInput, folder: string): Promise<void> {
  const args = [
    ...['--create', `--file=${target}`, `--directory=${folder}`, '--format=posix', '--sort=name'],
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    ...['--numeric-owner', '--owner=0', '--group=0', '--mode=u=rwX,go=rX', `--mtime=@${epoch}`],
    ...['oci-layout', 'index.json', 'blobs'],
  ];
  await run('tar', args, { signal, env: { ...wish.environment, LC_ALL: 'C', TAR_OPTIONS: '' } });
}
