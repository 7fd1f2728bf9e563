import { availableParallelism } from 'node:os';
import type { FormatWish } from './format-writer.ts';

/** Threads that a program may compress with. */
export function threadsOf({ compression }: FormatWish): number {
  return compression.threads ?? availableParallelism();
}

/**
 * The words of gzip for whole archives. pigz writes one gzip member, so that readers which stop after the first one see everything. With
 * one thread it divides its input in another way and the bytes would differ from machine to machine; two are the least.
 */
export function gzipWords(wish: FormatWish, level: number | undefined): string {
  return withLevel(`pigz --no-name --processes ${Math.max(2, threadsOf(wish))}`, level);
}

/** The words of zstd for whole archives. Its bytes do not depend on the count of threads. */
export function zstdWords(wish: FormatWish, level: number | undefined): string {
  return withLevel(`zstd --quiet -T${threadsOf(wish)}`, level);
}

function withLevel(words: string, level: number | undefined): string {
  return level === undefined ? words : `${words} -${level}`;
}
