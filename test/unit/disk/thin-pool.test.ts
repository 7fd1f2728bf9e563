import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../src/host/process.ts';
import { KIB, MIB } from '../../../src/model/bytes.ts';
import { askDebugfs, assemble, checkExt } from '../../support/disk-image.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';

/** A pool that no physical volume has room for, and two volumes that show more than it has. */
const LAYOUT = `
- local_loop: {name: image0}
- partitioning:
    base: image0
    label: gpt
    partitions:
      - {name: one, size: 40MiB}
      - {name: two, size: 100%}
- lvm:
    name: lvm
    pvs: [{name: pv1, base: one}, {name: pv2, base: two}]
    vgs: [{name: vg, base: [pv1, pv2]}]
    lvs:
      - {name: root, base: vg, type: thin, thin-pool: pool, size: 100MiB}
      - {name: pool, base: vg, type: thin-pool, extents: 100%FREE}
      - {name: data, base: vg, type: thin, thin-pool: pool, size: 1GiB}
- mkfs: {base: root, type: ext4, label: root, mount: {mount_point: /}}
- mkfs: {base: data, type: ext4, label: data, mount: {mount_point: /data}}
`;
const CHUNK = 64 * KIB;

describe('a thin pool on two partitions', () => {
  let scratch: FolderTree;
  let text: string;

  beforeAll(async () => {
    scratch = await folderTree({ 'tree/etc/hostname': 'on a pool', 'tree/data/file': 'far away' });
    await writeFile(scratch.at('tree/data/large'), randomBytes(30 * MIB));
    const output = scratch.at('image.raw');
    expect(await assemble({ tree: scratch.at('tree'), output, layout: LAYOUT, mib: 98 })).toMatchObject({ status: 0 });
    await cut('image.raw', 'pv1', 1, 40);
    text = (await run('pvck', ['--dump', 'metadata', scratch.at('pv1')])).stdout.replaceAll(/\s+/g, ' ');
    for (const name of ['pool_tdata', 'pool_tmeta']) await collect(name);
  });

  afterAll(async () => {
    await scratch[Symbol.asyncDispose]();
  });

  async function cut(from: string, to: string, skip: number, count: number, seek = 0) {
    const place = [`skip=${skip}`, `count=${count}`, `seek=${seek}`, 'bs=1M', 'conv=sparse,notrunc', 'status=none'];
    await run('dd', [`if=${scratch.at(from)}`, `of=${scratch.at(to)}`, ...place]);
  }

  /** Puts the extents of a hidden volume together, as the metadata has them. */
  async function collect(name: string) {
    const [, body = ''] = new RegExp(` ${name} \\{(.*?) \\} \\}`).exec(text) ?? [];
    const segments = body.matchAll(/start_extent = (\d+) extent_count = (\d+) .*?"pv(\d)", (\d+)/g);
    for (const [, start, count, member, first] of segments) {
      const partition = member === '0' ? 1 : 41;
      await cut('image.raw', name, partition + 1 + 4 * Number(first), 4 * Number(count), 4 * Number(start));
    }
  }

  /** Reads a thin volume through the notes of its pool. */
  async function readVolume(id: number, mib: number) {
    const { stdout } = await run('thin_dump', ['--format', 'xml', '--dev-id', String(id), scratch.at('pool_tmeta')]);
    const data = await readFile(scratch.at('pool_tdata'));
    const volume = Buffer.alloc(mib * MIB);
    const ranges = stdout.matchAll(/range_mapping origin_begin="(\d+)" data_begin="(\d+)" length="(\d+)"/g);
    const singles = stdout.matchAll(/single_mapping origin_block="(\d+)" data_block="(\d+)"/g);
    for (const [, origin, at, length = '1'] of [...ranges, ...singles]) {
      const start = Number(at) * CHUNK;
      data.copy(volume, Number(origin) * CHUNK, start, start + Number(length) * CHUNK);
    }
    const path = scratch.at(`volume${id}`);
    await writeFile(path, volume);
    return path;
  }

  test('has notes that the tool for damaged pools finds sound', { tags: ['layout.lvm-thin'] }, async () => {
    await run('thin_check', [scratch.at('pool_tmeta')]);
  });

  test('is described with its volumes, its hidden parts and the spare', () => {
    expect(text).toContain('type = "thin-pool" metadata = "pool_tmeta" pool = "pool_tdata" transaction_id = 2');
    expect(text).toContain('extent_count = 25 type = "thin" thin_pool = "pool" transaction_id = 0 device_id = 1');
    expect(text).toContain('extent_count = 256 type = "thin" thin_pool = "pool" transaction_id = 1 device_id = 2');
    expect(text).toMatch(/lvol0_pmspare \{ id = "[^"]+" status = \["READ", "WRITE"\]/);
  });

  test('has the filesystems of its volumes in its chunks', async () => {
    const [root, data] = [await readVolume(1, 100), await readVolume(2, 1024)];

    expect(await checkExt(root, 0)).toBe('');
    expect(await askDebugfs(root, 0, 'cat etc/hostname')).toBe('on a pool');
    expect(await checkExt(data, 0)).toBe('');
    expect(await askDebugfs(data, 0, 'cat file')).toBe('far away');
    await askDebugfs(data, 0, `dump large ${scratch.at('large')}`);
    const [found, given] = [await readFile(scratch.at('large')), await readFile(scratch.at('tree/data/large'))];
    expect(found.equals(given)).toBe(true);
  });

  test('is the same byte for byte once more', async () => {
    await assemble({ tree: scratch.at('tree'), output: scratch.at('again.raw'), layout: LAYOUT, mib: 98 });

    const [again, first] = [await readFile(scratch.at('again.raw')), await readFile(scratch.at('image.raw'))];
    expect(again.equals(first)).toBe(true);
  });

  test('that has too little for what its volumes hold is told with what is missing', async () => {
    const layout = LAYOUT.replace('extents: 100%FREE', 'size: 16MiB');

    const { stderr } = await assemble({ tree: scratch.at('tree'), output: scratch.at('no.raw'), layout, mib: 98 });

    expect(JSON.parse(stderr)).toMatchObject({
      code: 'IMAGE_TOO_SMALL',
      message: expect.stringMatching(/^The volumes of the thin pool "pool" hold \S+ MiB, and it has 16.0 MiB$/),
    });
  });
});
