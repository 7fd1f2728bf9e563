import { readFile, stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { packTargetImage } from '../../../src/build/pack-target-image.ts';
import { run } from '../../../src/host/process.ts';
import { bytes, GIB, MIB } from '../../../src/model/bytes.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { unpackOnto } from '../../support/fuel-node.ts';

const LENGTH = 4 * GIB + MIB;

/** What md5sum prints for 4 GiB of zeros, the text, and zeros up to the length. */
const MD5 = '34398c7ee1463a46cdcb9de447f56490';

test('length and digest of a filesystem beyond 4 GiB are right', {
  tags: ['fuel.large'],
  timeout: 300_000,
}, async () => {
  await using folder = await folderTree({});
  const raw = `${folder.path}/raw`;
  await run('truncate', ['--size', String(LENGTH), raw]);
  await run('dd', [`of=${raw}`, 'conv=notrunc', 'bs=1M', 'seek=4096'], { input: 'the end' });

  const { raw: facts, file } = await packTargetImage(raw, 'raw', `${folder.path}/packed`);

  expect(facts).toEqual({ size: LENGTH, md5: MD5 });
  expect(file).toEqual(facts);
  expect((await stat(`${folder.path}/packed`)).blocks * 512).toBeLessThan(MIB);
});

test.each([
  ['as a whole', bytes(2 * MIB)],
  ['in pieces', bytes(MIB)],
])('a filesystem compressed %s is one stream of the usual strength', { tags: ['fuel.gzip'] }, async (_, atOnce) => {
  await using folder = await folderTree({});
  const [raw, packed] = [`${folder.path}/raw`, `${folder.path}/packed.gz`];
  await writeFile(raw, await readFile(process.execPath).then((program) => program.subarray(0, 1.5 * MIB)));
  const gzipped = (await run('sh', ['-c', `gzip <${raw} | wc -c`])).stdout;

  const facts = await packTargetImage(raw, 'gzip', packed, atOnce);

  const unpacked = await unpackOnto(packed, raw);
  expect(facts.raw).toEqual({ size: unpacked.size, md5: unpacked.md5 });
  expect(unpacked).toMatchObject({ size: 1.5 * MIB, left: 0 });
  expect(facts.file.size).toBe((await stat(packed)).size);
  expect(facts.file.size).toBeLessThan(1.02 * Number(gzipped));
});
