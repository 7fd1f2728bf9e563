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
  const words = `pigz --no-name --processes ${Math.max(2, threadsOf(wish))}`;
  return level === undefined ? words : `${words} -${level}`;
}
