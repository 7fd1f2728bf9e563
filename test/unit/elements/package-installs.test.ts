import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { declaredPackages } from '../../../src/elements/declared-packages.ts';
import { type PackageInstalls, squashPackageWishes } from '../../../src/elements/package-installs.ts';
import { parsePackageInstalls, readPackageWishes } from '../../../src/elements/package-installs-file.ts';
import type { Environment } from '../../../src/model/request.ts';
import { folderTree } from '../../support/folder-tree.ts';

const ENV: Environment = { ARCH: 'amd64' };

function squash(files: Readonly<Record<string, string>>, env: Environment = ENV): PackageInstalls {
  const wishes = Object.entries(files).flatMap(([element, text]) => {
    const parsed = parsePackageInstalls(element, `/${element}.yaml`, text);
    expect(parsed.issues).toEqual([]);
    return parsed.wishes;
  });
  return squashPackageWishes(wishes, env);
}

function installs(text: string, env: Environment = ENV): readonly string[] {
  return squash({ e: text }, env)['install.d']?.install.map(([name]) => name) ?? [];
}

describe('one element', () => {
  test('installs in install.d unless it names another phase', { tags: ['package-installs.phase'] }, () => {
    expect(squash({ e: 'b:\na: {}\nc:\n  phase: pre-install.d\n' })).toEqual({
      'install.d': {
        install: [
          ['a', 'e'],
          ['b', 'e'],
        ],
        uninstall: [],
      },
      'pre-install.d': { install: [['c', 'e']], uninstall: [] },
    });
  });

  test('removes where uninstall is present, whatever its value, and does both for build-only', {
    tags: ['package-installs.uninstall', 'subtle.06'],
  }, () => {
    expect(
      squash({ e: 'a:\n  uninstall: False\nb:\n  build-only: True\nc:\n  uninstall: yes\n' })['install.d'],
    ).toEqual({
      install: [['b', 'e']],
      uninstall: [
        ['a', 'e'],
        ['b', 'e'],
        ['c', 'e'],
      ],
    });
  });

  test('compares architectures without removing blanks', { tags: ['package-installs.arch', 'subtle.06'] }, () => {
    const text =
      'a: {arch: "arm64,amd64"}\nb: {arch: "arm64, amd64"}\nc: {not-arch: amd64}\nd: {not-arch: "arm64, amd64"}\n';

    expect(installs(text)).toEqual(['a', 'd']);
  });

  test('looks at install type and Python version', {
    tags: ['package-installs.install-type', 'package-installs.python'],
  }, () => {
    const text =
      'a: {installtype: source}\nb: {installtype: package}\nc: {dib_python_version: 3}\nd: {dib_python_version: 2}\n';

    expect(installs(text, { ...ENV, DIB_INSTALLTYPE_e: 'package', DIB_PYTHON_VERSION: '3' })).toEqual(['b', 'c']);
    expect(installs(text)).toEqual(['a']);
  });

  test('needs every condition of a list, and takes any of several maps', {
    tags: ['package-installs.when', 'package-installs.list'],
  }, () => {
    const text = [
      'a:\n  when:\n   - X = 1\n   - Y != 1',
      'b:\n - arch: arm64\n - when: X=1',
      'c:\n  when: X != 1',
      'd:\n  when: Y = ',
    ].join('\n');

    expect(installs(text, { ...ENV, X: '1', Y: '' })).toEqual(['a', 'b', 'd']);
  });

  test('keeps the blanks at the end of a condition', { tags: ['subtle.06'] }, () => {
    expect(installs('a: {when: "X = 1 "}', { ...ENV, X: '1' })).toEqual([]);
    expect(installs('a: {when: "X = 1 "}', { ...ENV, X: '1 ' })).toEqual(['a']);
  });

  test('reads JSON, even indented with tabs', { tags: ['package-installs.files'] }, () => {
    expect(installs('{\n\t"a": null,\n\t"b": {"phase": "install.d"}\n}')).toEqual(['a', 'b']);
  });
});

describe('several elements', () => {
  const orders = [
    { one: 'a:\n', two: 'a:\n  uninstall: true\n' },
    { two: 'a:\n  uninstall: true\n', one: 'a:\n' },
  ];

  test.each(orders)(
    'a plain installation beats a removal in the same phase, in any order',
    { tags: ['subtle.06'] },
    (files) => {
      expect(squash(files)['install.d']).toEqual({ install: [['a', 'one']], uninstall: [] });
    },
  );

  test('a removal in another phase stays', () => {
    const { 'post-install.d': post } = squash({ one: 'a:\n', two: 'a:\n  uninstall: true\n  phase: post-install.d\n' });

    expect(post?.uninstall).toEqual([['a', 'two']]);
  });

  test('an installation for another machine does not count', () => {
    const files = { one: 'a: {arch: arm64}\n', two: 'a:\n  uninstall: true\n' };

    expect(squash(files)['install.d']?.uninstall).toEqual([['a', 'two']]);
  });
});

describe('faults', () => {
  test('are all reported with line and column', {
    tags: ['package-installs.arch', 'package-installs.phase'],
  }, async () => {
    await using tree = await folderTree({
      'a/package-installs.yaml':
        'x:\n  phase: 7\ny:\n  arch: a\n  not-arch: b\nz:\n  when:\n   - X = 1\n   - nonsense\nw: install.d\n',
      'b/package-installs.json': '{"x": [',
    });
    const element = (name: string) => ({ name, path: join(tree.path, name), needs: [], provides: [], hides: [] });

    const file = join(tree.path, 'a/package-installs.yaml');
    await expect(readPackageWishes([element('a'), element('b')])).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      details: {
        issues: [
          {
            message: expect.stringContaining('"x.phase": has to be one of pre-install.d'),
            place: { file, line: 2, column: 3 },
          },
          { message: expect.stringContaining('"y": has both arch and not-arch'), place: { file, line: 3, column: 1 } },
          {
            message: expect.stringContaining('"z.when.1": has to be a statement such as'),
            place: { file, line: 9, column: 6 },
          },
          { message: expect.stringContaining('"w": has to be empty, a map'), place: { file, line: 10, column: 1 } },
          { place: { file: join(tree.path, 'b/package-installs.json'), line: 1 } },
        ],
      },
    });
  });

  test('an unset variable in a condition that matters is fatal, and every one is named', {
    tags: ['package-installs.when'],
  }, () => {
    const { wishes } = parsePackageInstalls(
      'e',
      '/e.yaml',
      'a:\n  when: NO_A = 1\nb:\n  when: NO_B != 1\nc: {arch: arm64, when: NO_C = 1}\n',
    );

    expect(() => squashPackageWishes(wishes, ENV)).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        details: expect.objectContaining({
          issues: [
            expect.objectContaining({
              message: 'Package a of element e depends on the variable NO_A, which is not set',
              place: { file: '/e.yaml', line: 2, column: 3 },
            }),
            expect.objectContaining({
              message: 'Package b of element e depends on the variable NO_B, which is not set',
            }),
          ],
        }),
      }),
    );
  });

  test('keys and values that do nothing are warned of', () => {
    const { warnings } = parsePackageInstalls(
      'e',
      '/e.yaml',
      'a:\n  phase: root.d\n  colour: red\n  arch: b, c\n  uninstall: no\n',
    );

    expect(warnings.map(({ message, place }) => `${place?.line} ${message.split('.')[0]}`)).toEqual([
      '3 Package a: the key colour means nothing',
      '4 Package a: a name in arch with a blank around it never matches',
      '2 Package a: nothing is installed in root',
      '5 Package a: uninstall counts when it is present, even as false',
    ]);
  });
});

test('reads the files of hidden elements of the same name too', {
  tags: ['package-installs.files', 'subtle.05'],
}, async () => {
  await using tree = await folderTree({
    'one/e/package-installs.yaml': 'a:\n',
    'one/e/package-installs.json': '{"b": {}}',
    'two/e/package-installs.yaml': 'c:\n',
  });

  const { wishes } = await readPackageWishes([
    { name: 'e', path: join(tree.path, 'one/e'), needs: [], provides: [], hides: [join(tree.path, 'two/e')] },
  ]);

  expect(wishes.map((wish) => wish.package)).toEqual(['b', 'a', 'c']);
});

test('forecasts every package to install, by the distribution’s names, without what is not known yet', async () => {
  await using tree = await folderTree({
    'e/package-installs.yaml':
      'a:\nb:\n  phase: post-install.d\nc:\n  uninstall: true\nd:\n  when: NOT_YET = 1\nskip:\nf:\n  build-only: true\n',
    'e/pkg-map': '{"family": {"debian": {"a": "a1 a2", "skip": ""}}}',
  });
  const elements = [{ name: 'e', path: join(tree.path, 'e'), needs: [], provides: [], hides: [] }];

  expect(await declaredPackages(elements, { ...ENV, DISTRO_NAME: 'debian' })).toEqual(['a1', 'a2', 'b', 'f']);
});
