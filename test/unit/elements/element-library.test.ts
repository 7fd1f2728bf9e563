import { join } from 'node:path';
import { expect, test } from 'vitest';
import { overrideWarnings, readLibrary } from '../../../src/elements/element-library.ts';
import { folderTree } from '../../support/folder-tree.ts';

test('reads needs and provided names without blanks, empty lines and repetitions', {
  tags: ['elements.deps-lines'],
}, async () => {
  await using tree = await folderTree({
    'lib/a/element-deps': '\n  b  \nc\n\nb\n',
    'lib/a/element-provides': 'operating-system',
  });

  const library = readLibrary([], join(tree.path, 'lib'));

  expect(library.elements.get('a')).toEqual({
    name: 'a',
    path: join(tree.path, 'lib/a'),
    needs: ['b', 'c'],
    provides: ['operating-system'],
    hides: [],
  });
  expect(library.needPlaces.get('a')?.get('c')).toEqual({ file: join(tree.path, 'lib/a/element-deps'), line: 3 });
});

test('takes the earlier of two elements with one name, remembers the later and warns', {
  tags: ['elements.path-order'],
}, async () => {
  await using tree = await folderTree({ 'one/a/x': '', 'two/a/x': '', 'lib/a/x': '', 'lib/b/x': '' });
  const { one, two, lib } = { one: join(tree.path, 'one'), two: join(tree.path, 'two'), lib: join(tree.path, 'lib') };

  const library = readLibrary([one, two], lib);

  expect(library.elements.get('a')).toMatchObject({ path: join(one, 'a'), hides: [join(two, 'a'), join(lib, 'a')] });
  expect(overrideWarnings([...library.elements.values()]).map(({ message }) => message)).toEqual([
    `Element a of ${one}/a is used in place of ${two}/a`,
    `Element a of ${one}/a is used in place of ${lib}/a`,
  ]);
  expect(library.searchPath).toEqual([one, two, lib]);
});

test('names a linked element after the folder that the link leads to', { tags: ['elements.link-name'] }, async () => {
  await using tree = await folderTree({
    'real/impl/x': '',
    'lib/alias': 'link:../real/impl',
    'lib/gone': 'link:nowhere',
  });

  const library = readLibrary([], join(tree.path, 'lib'));

  expect([...library.elements.keys()]).toEqual(['impl']);
  expect(library.linkedNames.get('alias')).toBe('impl');
});

test('reports every bad entry of the search path with its position', { tags: ['elements.path-faults'] }, async () => {
  await using tree = await folderTree({ 'lib/a/x': '', file: '' });

  const reading = () => readLibrary(['', join(tree.path, 'nowhere'), join(tree.path, 'file')], join(tree.path, 'lib'));

  expect(reading).toThrow(
    expect.objectContaining({
      code: 'ELEMENTS_PATH_ENTRY',
      details: expect.objectContaining({
        issues: [
          { message: 'Entry 1 of ELEMENTS_PATH, "", is empty' },
          { message: `Entry 2 of ELEMENTS_PATH, "${tree.path}/nowhere", does not exist` },
          { message: `Entry 3 of ELEMENTS_PATH, "${tree.path}/file", is not a folder` },
        ],
      }),
    }),
  );
});

test('says which file of an element cannot be read', async () => {
  await using tree = await folderTree({ 'lib/a/element-deps/': '' });

  expect(() => readLibrary([], join(tree.path, 'lib'))).toThrow(
    expect.objectContaining({
      code: 'DEFINITION_INVALID',
      details: expect.objectContaining({ place: { file: join(tree.path, 'lib/a/element-deps') } }),
    }),
  );
});
