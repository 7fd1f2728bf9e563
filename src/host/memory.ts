import { readFile } from 'node:fs/promises';
import { type Bytes, bytes, KIB } from '../model/bytes.ts';

/** RAM that programs can take without swapping (`MemAvailable` of proc(5)). */
export async function availableMemory(): Promise<Bytes> {
  const meminfo = await readFile('/proc/meminfo', 'utf8');
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return bytes(Number(kib ?? 0) * KIB);
}
