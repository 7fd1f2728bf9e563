import { run } from './process.ts';

/** A stretch of a file that holds data; bytes. What lies between two of them reads as zeros. */
export interface Extent {
  readonly start: number;
  readonly length: number;
}

/** One entry of what `qemu-img map` prints as JSON; no schema checks it, because loading zod takes each start longer than the check is worth. */
interface MappedExtent extends Extent {
  readonly zero: boolean;
}

/**
 * The stretches of a sparse file that hold data, in order.
 * @throws IngotError `TOOL_MISSING` without `qemu-img`, `CANCELLED`
 */
export async function dataExtents(path: string, signal?: AbortSignal): Promise<Extent[]> {
  const { stdout } = await run('qemu-img', ['map', '-f', 'raw', '--output=json', path], { signal });
  const extents: readonly MappedExtent[] = JSON.parse(stdout);
  return extents.filter((extent) => !extent.zero).map(({ start, length }) => ({ start, length }));
}
