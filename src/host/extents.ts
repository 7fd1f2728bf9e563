import { z } from 'zod';
import { run } from './process.ts';

/** A stretch of a file that holds data; bytes. What lies between two of them reads as zeros. */
export interface Extent {
  readonly start: number;
  readonly length: number;
}

const ImageMap = z.array(z.object({ start: z.number(), length: z.number(), zero: z.boolean() }));

/**
 * The stretches of a sparse file that hold data, in order.
 * @throws IngotError `TOOL_MISSING` without `qemu-img`, `CANCELLED`
 */
export async function dataExtents(path: string, signal?: AbortSignal): Promise<Extent[]> {
  const { stdout } = await run('qemu-img', ['map', '-f', 'raw', '--output=json', path], { signal });
  return ImageMap.parse(JSON.parse(stdout))
    .filter((extent) => !extent.zero)
    .map(({ start, length }) => ({ start, length }));
}
