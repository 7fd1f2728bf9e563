import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mapPackage, parsePackageMap } from '../../../src/elements/pkg-map.ts';
import { answerPkgMap } from '../../../src/elements/pkg-map-command.ts';
import { folderTree } from '../../support/folder-tree.ts';

const MAP = JSON.stringify({
  release: { fedora: { '23': { nova: 'nova-23' } }, centos: { '8': { nova: 'nova-8' } } },
  distro: { fedora: { nova: 'nova-fedora', glance: 'glance-fedora' } },
  family: { redhat: { nova: 'nova-redhat', keystone: 'keystone-redhat' }, suse: { nova: '' } },
  default: { nova: 'nova-default', heat: 'heat-default' },
});

describe('precedence', () => {
  const map = parsePackageMap('/pkg-map', MAP);

  test.each([
    ['nova', 'fedora', '23', 'nova-23'],
    ['nova', 'fedora', '24', 'nova-fedora'],
    ['nova', 'centos', '8-stream', 'nova-8'],
    ['nova', 'rocky', '9', 'nova-redhat'],
    ['keystone', 'fedora', '23', 'keystone-redhat'],
    ['heat', 'fedora', '23', 'heat-default'],
    ['nova', 'debian', undefined, 'nova-default'],
  ])('%s on %s %s is %s', { tags: ['pkg-map.precedence', 'pkg-map.families'] }, (name, distro, release, expected) => {
    expect(mapPackage(map, name, { distro, release })).toEqual({ kind: 'mapped', name: expected });
  });

  test('tells an empty translation from a missing one', { tags: ['pkg-map.status'] }, () => {
    expect(mapPackage(map, 'nova', { distro: 'opensuse' })).toEqual({ kind: 'not-needed' });
    expect(mapPackage(map, 'swift', { distro: 'opensuse' })).toEqual({ kind: 'unmapped' });
    expect(mapPackage(map, 'toString', { distro: 'opensuse' })).toEqual({ kind: 'unmapped' });
  });
});

test('a faulty map is refused with its place', () => {
  expect(() => parsePackageMap('/pkg-map', '{\n "family": {\n  "debian": ["a"]\n }\n}')).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      details: expect.objectContaining({ place: { file: '/pkg-map', line: 3, column: 3 } }),
    }),
  );
});

describe('the command', () => {
  const env = { DISTRO_NAME: 'debian', INGOT_CHANNEL: '/tmp/in_target.d/.ingot' };
  const ask = async (...args: string[]) => {
    await using tree = await folderTree({
      'tree/usr/share/pkg-map/os': MAP,
      'tree/elsewhere/map': '{"default": {"nova": "from-file"}}',
      'tree/link': 'link:/elsewhere/map',
      'e/pkg-map': '{"default": {"own": "from-element"}}',
    });
    const elements = [{ name: 'e', path: join(tree.path, 'e'), needs: [], provides: [], hides: [] }];
    return await answerPkgMap({ args, input: '', env }, { elements, tree: join(tree.path, 'tree') });
  };

  test('prints one name on a line with the prefix', { tags: ['pkg-map.command'] }, async () => {
    expect(await ask('--element', 'os', '--prefix=-', 'nova', 'heat')).toMatchObject({
      status: 0,
      stdout: '-nova-default\n-heat-default\n',
    });
  });

  test('takes distribution and release from options before the environment', {
    tags: ['pkg-map.command'],
  }, async () => {
    const answer = await ask('nova', '--distro', 'fedora', '--release', '23', '--element', 'os');

    expect(answer.stdout).toBe('nova-23\n');
  });

  test('fails with 1 for a name without translation, unless missing ones are accepted', {
    tags: ['pkg-map.status'],
  }, async () => {
    expect(await ask('--element', 'os', 'nova', 'swift', 'heat')).toEqual({
      status: 1,
      stdout: 'nova-default\n',
      stderr: 'pkg-map: the package map of element os lacks: swift\n',
    });
    expect(await ask('--missing-ok', '--element', 'os', 'nova', 'swift')).toMatchObject({
      status: 0,
      stdout: 'nova-default\nswift\n',
    });
  });

  test('fails with 2 without a map, unless missing ones are accepted', { tags: ['pkg-map.status'] }, async () => {
    expect(await ask('--element', 'none', 'nova')).toMatchObject({ status: 2 });
    expect(await ask('--element', 'none', '--missing-ok', 'nova')).toMatchObject({ status: 0, stdout: 'nova\n' });
  });

  test('fails with 1 without an element', async () => {
    expect(await ask('nova')).toMatchObject({ status: 1, stderr: 'pkg-map: give either --element or --pkg-map\n' });
  });

  test('reads the element’s own map when the tree has none, and a named file of the tree', {
    tags: ['pkg-map.command'],
  }, async () => {
    expect(await ask('--element', 'e', 'own')).toMatchObject({ stdout: 'from-element\n' });
    expect(await ask('--pkg-map', '/link', 'nova')).toMatchObject({ stdout: 'from-file\n' });
  });
});
