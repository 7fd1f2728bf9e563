import { statSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from '../host/lock.ts';
import { readTextIfPresent } from '../host/optional-file.ts';
import { run } from '../host/process.ts';
import { readJson } from './store-file.ts';

/**
 * Removes least recently used layers until the store is within a limit. Does nothing while a build holds the store.
 * @param limitBytes bytes on disk
 * @returns keys of the removed layers
 */
export async function evictLayers(folder: string, limitBytes: number): Promise<readonly string[]> {
  await using lock = await tryLock(join(folder, 'lock'), 'exclusive');
  if (lock === undefined) return [];
  const sizes = await layerSizes(folder);
  let total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (total <= limitBytes) return [];
  const layers = [...sizes].map(([key, bytes]) => ({ key, bytes, usedAt: usedAt(join(folder, 'layers', key)) }));
  layers.sort((a, b) => a.usedAt - b.usedAt);
  const removed: string[] = [];
  for (const layer of layers) {
    if (total <= limitBytes) break;
    await rm(join(folder, 'layers', layer.key), { recursive: true, force: true });
    total -= layer.bytes;
    removed.push(layer.key);
  }
  return removed;
}

/** Milliseconds since the epoch; 0 for a layer without a description, which nobody can use. */
function usedAt(layer: string): number {
  const path = join(layer, 'layer.json');
  return readJson<unknown>(path) === undefined ? 0 : statSync(path).mtimeMs;
}

/** Bytes on disk of each layer. One du(1) measures all that are new; what it says is kept beside the layer. */
async function layerSizes(folder: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const unmeasured: string[] = [];
  for (const key of await readdir(join(folder, 'layers')).catch(() => [])) {
    const known = readTextIfPresent(join(folder, 'layers', key, 'bytes'));
    if (known === undefined) unmeasured.push(key);
    else sizes.set(key, Number(known));
  }
  if (unmeasured.length === 0) return sizes;
  const { stdout } = await run('du', ['--summarize', '--block-size=1', ...unmeasured], { cwd: join(folder, 'layers') });
  for (const line of stdout.trimEnd().split('\n')) {
    const [bytes = '', key = ''] = line.split('\t');
    sizes.set(key, Number(bytes));
    await writeFile(join(folder, 'layers', key, 'bytes'), bytes);
  }
  return sizes;
}
