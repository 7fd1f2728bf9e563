import { tmpdir } from 'node:os';
import type { FormatInput, FormatWish } from '../../src/formats/format-writer.ts';

/** 2023-11-14 22:13:20 UTC. */
const EPOCH = 1_700_000_000;

/** What formats may ask of a request: the usual choices, on this machine's PATH. */
export function formatWish(more: Partial<FormatWish> = {}): FormatWish {
  return {
    arch: 'amd64',
    qcow2: { compression: { kind: 'none' }, options: [] },
    compression: { tgz: { kind: 'gzip' }, squashfs: { kind: 'zstd' }, oci: { kind: 'gzip' } },
    environment: { PATH: process.env.PATH ?? '' },
    ...more,
  };
}

/** What a format writer gets. @param source absolute path of a raw disk or of a tree */
export function formatInput(
  source: string,
  target: string,
  { wish, ...more }: Partial<Omit<FormatInput, 'wish'>> & { readonly wish?: Partial<FormatWish> } = {},
): FormatInput {
  return {
    source,
    target,
    path: target,
    scratch: tmpdir(),
    identity: 'content',
    epoch: EPOCH,
    wish: formatWish(wish),
    emit: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}
