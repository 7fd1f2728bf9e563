import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLibrary } from '../../../src/elements/element-library.ts';
import { expandElements } from '../../../src/elements/expand-elements.ts';
import { collectHookTree } from '../../../src/elements/hook-tree.ts';
import { writeHookTree } from '../../../src/elements/hook-tree-writer.ts';
import { squashPackageWishes } from '../../../src/elements/package-installs.ts';
import { readPackageWishes } from '../../../src/elements/package-installs-file.ts';
import { answerPkgMap } from '../../../src/elements/pkg-map-command.ts';
import { mergeServiceMaps, serviceMapText } from '../../../src/elements/svc-map.ts';
import { run } from '../../../src/host/process.ts';
import type { Element } from '../../../src/model/element.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import {
  originalElements,
  originalHookTree,
  originalPackageInstalls,
  originalPkgMap,
  originalServices,
} from '../../support/original.ts';

describe('names lead to the elements of the original', () => {
  const LIBRARY = {
    'one/os/element-provides': 'operating-system\n',
    'one/os/element-deps': 'tools\n\n  blanks  \n',
    'one/tools/element-deps': 'os\nvirtual\n',
    'one/blanks/README.rst': '',
    'one/real/element-provides': 'virtual\n',
    'one/real/element-deps': 'tools\n',
    'one/rival/element-provides': 'virtual\n',
    'one/lost/element-deps': 'nothing-there\n',
    'one/commented/element-deps': '# a comment\nblanks\n',
    'one/alias': 'link:../two/target',
    'two/target/README.rst': '',
    'two/blanks/element-deps': 'nothing-there\n',
  };

  test.each([
    ['an empty line, a circle and a name that is provided', ['real', 'os'], ['blanks', 'os', 'real', 'tools']],
    ['an element that is a link', ['real', 'os', 'target'], ['blanks', 'os', 'real', 'target', 'tools']],
    ['the name of a link', ['real', 'os', 'alias'], undefined],
    ['an unknown element', ['real', 'os', 'lost'], undefined],
    ['two that provide one name', ['real', 'rival', 'os'], undefined],
    ['one that another provides', ['real', 'os', 'virtual'], undefined],
    ['no operating system', ['blanks'], undefined],
    ['a comment', ['real', 'os', 'commented'], undefined],
  ])(
    '%s',
    { tags: ['elements.needs', 'elements.provides', 'elements.link-name', 'elements.deps-lines'] },
    async (_case, wanted, expected) => {
      await using tree = await folderTree(LIBRARY);
      const folders = [join(tree.path, 'one'), join(tree.path, 'two')];

      expect((await originalElements(wanted, folders))?.toSorted()).toEqual(expected);
      expect((await ownElements(wanted, folders))?.map(({ name }) => name).toSorted()).toEqual(expected);
    },
  );
});

test('hooks are merged as by the original: files, modes, links and what is left out', {
  tags: ['merge.folders', 'merge.files', 'merge.links', 'merge.left-out', 'merge.dotfiles', 'subtle.04'],
}, async () => {
  await using tree = await folderTree({
    'a/install.d/10-a': 'exec:a',
    'a/install.d/20-link': 'link:../bin/tool',
    'a/install.d/.swp': '',
    'a/bin/tool': 'exec:tool',
    'a/static/.config/x': '',
    'a/static/etc/.profile': 'a',
    'a/.top': 'a',
    'a/.folder/x': 'a',
    'a/README.rst': 'a',
    'a/tests/test_a': '',
    'a/__pycache__/a': '',
    'a/__init__.pyc': '',
    'elsewhere/y': 'y',
    'a/linked': 'link:../elsewhere',
    'b/install.d/10-b': 'b',
    'b/static/etc/other': 'b',
  });
  const elements = ['a', 'b'].map((name) => elementAt(tree, name));
  const ours = join(tree.path, 'ours');
  const originals = join(tree.path, 'originals');

  writeHookTree(await collectHookTree(elements), ours);
  const { status, tail } = await originalHookTree(elements, originals);

  expect(status, tail.join('\n')).toBe(0);
  expect(await listed(ours)).toEqual(await listed(originals));
});

test('a double hook ends the original too', { tags: ['merge.duplicate-hook', 'subtle.04'] }, async () => {
  await using tree = await folderTree({ 'a/install.d/10-x': '', 'b/install.d/10-x': '' });
  const elements = ['a', 'b'].map((name) => elementAt(tree, name));

  expect((await originalHookTree(elements, join(tree.path, 'hooks'))).status).toBe(1);
  await expect(collectHookTree(elements)).rejects.toMatchObject({ code: 'HOOK_DUPLICATE' });
});

test('package-installs files come to what the original makes of them', {
  tags: ['package-installs.phase', 'package-installs.when', 'package-installs.list', 'subtle.05', 'subtle.06'],
}, async () => {
  await using tree = await folderTree({
    'one/a/package-installs.yaml': [
      'plain:',
      'early: {phase: pre-install.d}',
      'gone: {uninstall: False}',
      'builds: {build-only: True}',
      'blank-arch: {arch: "arm64, amd64"}',
      'arch: {arch: "arm64,amd64"}',
      'not-arch: {not-arch: "amd64"}',
      'not-blank-arch: {not-arch: "arm64, amd64"}',
      'source: {installtype: source}',
      'package: {installtype: package}',
      'python2: {dib_python_version: 2}',
      'python3: {dib_python_version: 3}',
      'is: {when: "X = 1"}',
      'tight: {when: X=1}',
      'is-not: {when: X != 1}',
      'blank-end: {when: "X = 1 "}',
      'both: {when: [X = 1, Y != 2]}',
      'one-of: [{arch: arm64}, {when: X = 1, phase: post-install.d}]',
    ].join('\n'),
    'one/a/package-installs.json': '{"from-json": null}',
    'two/a/package-installs.yaml': 'hidden:\n',
  });
  const folders = [join(tree.path, 'one'), join(tree.path, 'two')];
  const env = { ARCH: 'amd64', X: '1', Y: '1', DIB_INSTALLTYPE_a: 'package', DIB_PYTHON_VERSION: '3' };
  const element = { ...elementAt(tree, 'one/a'), name: 'a', hides: [join(tree.path, 'two/a')] };

  const ours = squashPackageWishes((await readPackageWishes([element])).wishes, env);

  expect(comparable(await originalPackageInstalls(['a'], folders, env))).toEqual(comparable(JSON.stringify(ours)));
});

describe('package names are those of the original', () => {
  const MAP = JSON.stringify({
    release: { fedora: { 23: { nova: 'nova-23' } }, centos: { 8: { nova: 'nova-8' } } },
    distro: { fedora: { nova: 'nova-fedora', glance: 'glance-fedora' } },
    family: {
      redhat: { nova: 'nova-redhat', keystone: 'keystone-redhat' },
      debian: { nova: 'nova-debian' },
      suse: { nova: '' },
      gentoo: { nova: 'nova-gentoo' },
    },
    default: { nova: 'nova-default', heat: 'heat-default' },
  });
  const DISTRIBUTIONS = [
    ...['fedora 23', 'fedora 24', 'centos 8', 'centos 8-stream', 'rhel 9', 'debian sid', 'ubuntu noble'],
    ...['opensuse 15.5', 'gentoo x', 'arch x'],
  ];
  const LINES = [
    ...DISTRIBUTIONS.map((words) => words.split(' ')).map(([distro = '', release = '']) => [
      ...['--element', 'os', '--distro', distro, '--release', release, '--missing-ok', 'nova', 'glance', 'keystone'],
    ]),
    ['--element', 'os', '--prefix', '+', 'nova', 'heat'],
    ['--element', 'os', 'swift'],
    ['--element', 'os', 'nova', 'swift', 'heat'],
    ['--element', 'none', 'nova'],
    ['--element', 'none', '--missing-ok', 'nova'],
    ['nova'],
    ['--element', 'os', '--debug', '--missing-ok', 'nova'],
  ];

  test.each(LINES.map((line) => [line.join(' '), line] as const))(
    'for pkg-map %s',
    {
      tags: ['pkg-map.precedence', 'pkg-map.families', 'pkg-map.release', 'pkg-map.command', 'pkg-map.status'],
    },
    async (_title, args) => {
      await using tree = await folderTree({ 'usr/share/pkg-map/os': MAP });
      const env = { DISTRO_NAME: 'debian', DIB_RELEASE: 'sid' };

      const { status, stdout } = await originalPkgMap(args, join(tree.path, 'usr/share'), env);

      expect(await answerPkgMap({ args, input: '', env }, { elements: [], tree: tree.path })).toMatchObject({
        status,
        stdout,
      });
    },
  );
});

test.each(['ubuntu', 'centos', 'opensuse', 'gentoo'])(
  'service names are those of the original for %s',
  {
    tags: ['svc-map.choice'],
  },
  async (distro) => {
    await using tree = await folderTree({
      'a/svc-map':
        'one:\n  ubuntu: one-ubuntu\n  debian: one-debian\n  default: one-default\ntwo:\n  default: two-default\n',
      'b/svc-map': 'three:\n  redhat: three-redhat\n  suse: three-suse\n',
      'mnt/tmp/': '',
    });
    const elements = ['a', 'b'].map((name) => elementAt(tree, name));

    const services = await originalServices(elements, join(tree.path, 'mnt'), distro);

    expect(serviceMapText(await mergeServiceMaps(elements, distro))).toBe(services);
  },
);

function elementAt(tree: FolderTree, name: string): Element {
  return { name, path: join(tree.path, name), needs: [], provides: [], hides: [] };
}

/** Undefined for elements that are refused. */
async function ownElements(wanted: readonly string[], folders: readonly string[]) {
  try {
    return expandElements(wanted, readLibrary(folders.slice(0, -1), folders.at(-1) ?? ''));
  } catch {
    return undefined;
  }
}

/** Type, mode, path, target of a link and, of a file, its digest; one entry on a line. */
async function listed(folder: string): Promise<readonly string[]> {
  const { stdout } = await run('find', ['.', '-mindepth', '1', '-printf', '%P %y %m %l\n'], { cwd: folder });
  const digests = await run('find', ['.', '-type', 'f', '-exec', 'md5sum', '{}', '+'], { cwd: folder });
  return [...stdout.split('\n'), ...digests.stdout.split('\n')].sort();
}

/** Lists in the order of their text and without empty ones, which the original leaves out. */
function comparable(json: string): unknown {
  return JSON.parse(json, (_key, value) => {
    if (!Array.isArray(value)) return value;
    return value.length === 0 ? undefined : value.toSorted();
  });
}
