import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runForStatus } from '../../../src/host/process.ts';
import { readImages } from '../../../src/spec/image-file.ts';
import { IMAGE_KEY_NAMES } from '../../../src/spec/image-file-keys.ts';
import { folderTree } from '../../support/folder-tree.ts';

const SCHEMA = new URL('../../../docs/reference/image-file.schema.json', import.meta.url).pathname;

const EVERY_KEY = {
  imagename: 'a',
  arch: 'amd64',
  types: ['qcow2', 'tgz'],
  environment: { A: '1' },
  ramdisk: false,
  'debug-trace': 2,
  uncompressed: true,
  clear: true,
  logfile: 'a.log',
  checksum: true,
  'image-size': 1,
  'image-extra-size': 1,
  'image-cache': '/cache',
  'max-online-resize': 1,
  'min-tmpfs': 1,
  'mkfs-journal-size': 1,
  'mkfs-options': '-N 1',
  'no-tmpfs': true,
  offline: true,
  'qemu-img-options': { compat: '0.10' },
  'root-label': 'root',
  'ramdisk-element': 'ramdisk',
  'install-type': 'source',
  'docker-target': 'hub/a',
  packages: ['vim'],
  'skip-base': true,
  elements: ['os'],
};

/** True where the published schema takes a file, in the eyes of python3-jsonschema. */
async function isValid(file: string): Promise<boolean> {
  const words = ['-W', 'ignore', '-m', 'jsonschema', '--instance', file, SCHEMA];
  return (await runForStatus('/usr/bin/python3', words)).status === 0;
}

function isRead(text: string): boolean {
  try {
    readImages([{ file: 'images.yaml', text }]);
    return true;
  } catch {
    return false;
  }
}

test.each<[string, unknown, boolean]>([
  ['every key', [EVERY_KEY], true],
  ['no image', [], true],
  ['a map', EVERY_KEY, false],
  ['an unknown key', [{ elemnts: [] }], false],
  ['another architecture', [{ arch: 'amd46' }], false],
  ['another format', [{ types: ['qcow'] }], false],
  ['a size of 0', [{ 'image-size': 0 }], false],
  ['half a size', [{ 'image-size': 1.5 }], false],
  ['too much tracing', [{ 'debug-trace': 3 }], false],
  ['a number as variable', [{ environment: { A: 1 } }], false],
])('the JSON Schema and the command agree on %s', async (_name, value, expected) => {
  await using tree = await folderTree({ 'images.json': JSON.stringify(value) });

  expect([isRead(JSON.stringify(value)), await isValid(join(tree.path, 'images.json'))]).toEqual([expected, expected]);
});

test('the sample has every key', () => {
  expect(Object.keys(EVERY_KEY)).toEqual(IMAGE_KEY_NAMES);
});
