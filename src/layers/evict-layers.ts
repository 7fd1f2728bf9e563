import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from '../host/lock.ts';
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
  const layers = [];
  for (const key of await readdir(join(folder, 'layers')).catch(() => [])) {
    const path = join(folder, 'layers', key, 'layer.json');
    const file = await readJson<unknown>(path);
    const usedAt = file === undefined ? 0 : (await stat(path)).mtimeMs;
    layers.push({ key, bytes: sizes.get(key) ?? 0, usedAt });
  }
  layers.sort((a, b) => a.usedAt - b.usedAt);
  let total = layers.reduce((sum, layer) => sum + layer.bytes, 0);
  const removed: string[] = [];
  for (const layer of layers) {
    if (total <= limitBytes) break;
    await rm(join(folder, 'layers', layer.key), { recursive: true, force: true });
    total -= layer.bytes;
    removed.push(layer.key);
  }
  return removed;
}

/** Bytes on disk of each layer. One du(1) measures all that are new; what it says is kept beside the layer. */
async function layerSizes(folder: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const unmeasured: string[] = [];
  for (const key of await readdir(join(folder, 'layers')).catch(() => [])) {
    const known = await readFile(join(folder, 'layers', key, 'bytes'), 'utf8').catch(() => undefined);
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
