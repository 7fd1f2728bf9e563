import { mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evictLayers } from '../../../src/layers/evict-layers.ts';
import { type KeyFields, type LayerKey, layerKey } from '../../../src/layers/key.ts';
import { type Freshness, type Layer, LayerStore, type StepRecord } from '../../../src/layers/store.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

function recordOf(fields: KeyFields, freshness: Freshness = 'tracked', step = 'install.d/10-x'): StepRecord {
  return { step, fields, freshness };
}

/** Commits a layer in which a file has a text; no text writes nothing. */
async function commit(store: LayerStore, record: StepRecord, text?: string): Promise<Layer> {
  const scratch = store.scratch();
  if (text !== undefined) await writeFile(join(scratch.upper, 'file'), text);
  return await store.commit(layerKey(undefined, record.fields), scratch, record);
}

async function find(store: LayerStore, record: StepRecord, refreshes = false) {
  return store.find(layerKey(undefined, record.fields), record, refreshes);
}

/** Changes what the store wrote down about a layer. */
async function rewrite(folder: FolderTree, key: LayerKey, change: Record<string, unknown>): Promise<void> {
  const path = join(folder.path, 'layers', key, 'layer.json');
  const before: object = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...before, ...change }));
}

test('finds a layer after its commit, with what the step wrote', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const record = recordOf({ hook: 'a' });

  const layer = await commit(store, record, 'text');

  expect(await find(store, record)).toEqual({ kind: 'hit', layer });
  expect(await readFile(join(layer.tree ?? '', 'file'), 'utf8')).toBe('text');
});

test('a step that wrote nothing has a layer without a tree', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const record = recordOf({ hook: 'a' });

  const layer = await commit(store, record);

  expect(layer.tree).toBeUndefined();
  expect(await find(store, record)).toEqual({ kind: 'hit', layer });
});

test('a step that wrote nothing leaves its folders as they are, for the next one', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const scratch = store.scratch();
  const [first, second] = [recordOf({ hook: 'a' }), recordOf({ hook: 'b' }, 'tracked', 'install.d/20-y')];
  await store.commit(layerKey(undefined, first.fields), scratch, first);
  await writeFile(join(scratch.upper, 'file'), 'text');

  const layer = await store.commit(layerKey(undefined, second.fields), scratch, second);

  expect(await readFile(join(layer.tree ?? '', 'file'), 'utf8')).toBe('text');
});

test('says in words why there is no layer', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const record = recordOf({ hook: 'a', $A: '1' });

  expect(await find(store, record)).toEqual({ kind: 'miss', reason: 'not built before' });
  await commit(store, record, 'text');
  expect(await find(store, recordOf({ hook: 'b', $A: '1' }))).toEqual({ kind: 'miss', reason: 'hook changed' });
  const elsewhere = store.find(layerKey(layerKey(undefined, {}), record.fields), record, false);
  expect(elsewhere).toEqual({ kind: 'miss', reason: 'an earlier step changed' });
});

test.each([
  ['has no tree', async (path: string) => await rm(join(path, 'tree'), { recursive: true })],
  ['has a torn note', async (path: string) => await writeFile(join(path, 'layer.json'), '{"step": ')],
  ['has an empty note', async (path: string) => await writeFile(join(path, 'layer.json'), '')],
  ['has no note', async (path: string) => await rm(join(path, 'layer.json'))],
])('a layer that %s is removed and built anew', async (_title, damage) => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const record = recordOf({ hook: 'a' });
  const { key } = await commit(store, record, 'damaged');
  await damage(join(folder.path, 'layers', key));

  const lookup = await find(store, record);
  const healed = await commit(store, record, 'healed');

  expect(lookup.kind).toBe('miss');
  expect(await readFile(join(healed.tree ?? '', 'file'), 'utf8')).toBe('healed');
  expect(await find(store, record)).toEqual({ kind: 'hit', layer: healed });
});

test('a layer of an earlier boot is believed only when it was synced', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const synced = await commit(store, recordOf({ hook: 'synced' }), 'text');
  const unsynced = await commit(store, recordOf({ hook: 'unsynced' }), 'text');
  await rewrite(folder, synced.key, { createdAt: Date.now() - DAY_MS });
  await store.settle();
  await rewrite(folder, synced.key, { bootId: 'earlier' });
  await rewrite(folder, unsynced.key, { bootId: 'earlier' });

  expect((await find(store, recordOf({ hook: 'synced' }))).kind).toBe('hit');
  expect((await find(store, recordOf({ hook: 'unsynced' }))).kind).toBe('miss');
});

test('settling leaves the layers of the last minute to a later build', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const young = await commit(store, recordOf({ hook: 'young' }), 'text');

  await store.settle();

  await expect(stat(join(folder.path, 'layers', young.key, 'durable'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the layer of a step that reaches the network holds for a day, unless a refresh is asked for', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const record = recordOf({ hook: 'a' }, 'expires');
  const first = await commit(store, record, 'text');
  expect(await find(store, record)).toEqual({ kind: 'hit', layer: first });

  await rewrite(folder, first.key, { createdAt: Date.now() - DAY_MS - 1000 });
  expect(await find(store, record)).toMatchObject({
    kind: 'miss',
    reason: expect.stringContaining('older than a day'),
  });

  const second = await commit(store, record, 'text');
  expect(await find(store, record, true)).toMatchObject({ kind: 'miss', reason: expect.stringContaining('refresh') });
  expect(second.key).toBe(first.key);
  expect(second.identity).not.toBe(first.identity);
});

test('a refresh leaves the layers of tracked steps alone', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const layer = await commit(store, recordOf({ hook: 'a' }), 'text');

  expect(await find(store, recordOf({ hook: 'a' }), true)).toEqual({ kind: 'hit', layer });
});

test('a step that always runs is never found, and what follows is keyed by what it wrote', async () => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const record = recordOf({ hook: 'a' }, 'always-runs');

  const first = await commit(store, record, 'text');
  const same = await commit(store, record, 'text');
  const other = await commit(store, record, 'another text');

  expect((await find(store, record)).kind).toBe('miss');
  expect(same.identity).toBe(first.identity);
  expect(other.identity).not.toBe(first.identity);
});

test.each([
  ['a mode', async (upper: string) => await writeFile(join(upper, 'file'), 'text', { mode: 0o600 })],
  ['a link', async (upper: string) => await symlink('text', join(upper, 'file'))],
  ['an empty folder', async (upper: string) => await mkdir(join(upper, 'file'))],
])('what always runs is told apart by %s', async (_title, write) => {
  await using folder = await folderTree();
  await using store = await LayerStore.open(folder.path, 'one');
  const record = recordOf({ hook: 'a' }, 'always-runs');
  const plain = await commit(store, record, 'text');

  const scratch = store.scratch();
  await write(scratch.upper);
  const other = await store.commit(layerKey(undefined, record.fields), scratch, record);

  expect(other.identity).not.toBe(plain.identity);
});

test('two builds that make the same layer both succeed, and the first one is kept', async () => {
  await using folder = await folderTree();
  await using one = await LayerStore.open(folder.path, 'one');
  await using two = await LayerStore.open(folder.path, 'two');
  const record = recordOf({ hook: 'a' });

  const [first, second] = await Promise.all([commit(one, record, 'first'), commit(two, record, 'second')]);

  expect(second).toEqual(first);
  expect(await readFile(join(first.tree ?? '', 'file'), 'utf8')).toMatch(/^(first|second)$/);
  expect(await readdir(join(folder.path, 'layers'))).toEqual([first.key]);
});

test('what a step has begun is no layer, and is gone when the build ends', async () => {
  await using folder = await folderTree();
  const store = await LayerStore.open(folder.path, 'one');
  const scratch = store.scratch();
  await writeFile(join(scratch.upper, 'file'), 'half');

  expect(await readdir(join(folder.path, 'layers'))).toEqual([]);
  await store[Symbol.asyncDispose]();

  expect(await readdir(join(folder.path, 'scratch'))).toEqual([]);
});

test('evicts the layers used longest ago first, until the rest fits', async () => {
  await using folder = await folderTree();
  const store = await LayerStore.open(folder.path, 'one');
  const text = 'x'.repeat(100_000);
  const layers: Layer[] = [];
  for (const hook of ['a', 'b', 'c']) layers.push(await commit(store, recordOf({ hook }), text));
  for (const [index, layer] of layers.entries()) {
    const usedAt = new Date(Date.now() - (10 - index) * DAY_MS);
    await utimes(join(folder.path, 'layers', layer.key, 'layer.json'), usedAt, usedAt);
  }
  await find(store, recordOf({ hook: 'a' }));
  await store[Symbol.asyncDispose]();

  const removed = await evictLayers(folder.path, 250_000);

  expect(removed).toEqual([layers[1]?.key]);
  expect((await readdir(join(folder.path, 'layers'))).sort()).toEqual([layers[0]?.key, layers[2]?.key].sort());
});

test('evicts nothing while a build holds the store, and nothing that fits', async () => {
  await using folder = await folderTree();
  const store = await LayerStore.open(folder.path, 'one');
  await commit(store, recordOf({ hook: 'a' }), 'text');

  expect(await evictLayers(folder.path, 0)).toEqual([]);
  await store[Symbol.asyncDispose]();
  expect(await evictLayers(folder.path, 1_000_000)).toEqual([]);
  expect(await evictLayers(folder.path, 0)).toHaveLength(1);
});

test('a store that is renamed to another place still finds its layers', async () => {
  await using folder = await folderTree();
  const store = await LayerStore.open(join(folder.path, 'old'), 'one');
  const record = recordOf({ hook: 'a' });
  await commit(store, record, 'text');
  await store[Symbol.asyncDispose]();
  await rename(join(folder.path, 'old'), join(folder.path, 'new'));

  await using moved = await LayerStore.open(join(folder.path, 'new'), 'two');

  expect(await find(moved, record)).toMatchObject({
    kind: 'hit',
    layer: { tree: expect.stringContaining(join(folder.path, 'new')) },
  });
});
