import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElementLibrary } from '../../../src/elements/element-library.ts';
import { expandElements } from '../../../src/elements/expand-elements.ts';
import { IngotError } from '../../../src/model/error.ts';

type Graph = Readonly<Record<string, { readonly needs?: readonly string[]; readonly provides?: readonly string[] }>>;

const OS = { provides: ['operating-system'] };

function libraryOf(graph: Graph): ElementLibrary {
  const entries = Object.entries(graph);
  return {
    elements: new Map(
      entries.map(([name, { needs = [], provides = [] }]) => [
        name,
        { name, path: `/lib/${name}`, needs, provides, hides: [] },
      ]),
    ),
    searchPath: ['/lib'],
    needPlaces: new Map(
      entries.map(([name, { needs = [] }]) => [
        name,
        new Map(needs.map((need, index) => [need, { file: `/lib/${name}/element-deps`, line: index + 1 }])),
      ]),
    ),
    linkedNames: new Map([['alias', 'vm']]),
  };
}

function expand(wanted: readonly string[], graph: Graph): readonly string[] {
  return expandElements(wanted, libraryOf(graph)).map(({ name }) => name);
}

function errorOf(wanted: readonly string[], graph: Graph): IngotError {
  try {
    expandElements(wanted, libraryOf(graph));
  } catch (error) {
    if (error instanceof IngotError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('order', () => {
  test('is breadth first, in the order of the files', { tags: ['elements.needs', 'elements.order'] }, () => {
    const graph = { os: { ...OS, needs: ['d'] }, a: { needs: ['c', 'b'] }, b: {}, c: { needs: ['e'] }, d: {}, e: {} };

    expect(expand(['a', 'os', 'a'], graph)).toEqual(['a', 'os', 'c', 'b', 'd', 'e']);
  });

  test('leaves provided names out and does not follow their needs once they are provided', {
    tags: ['elements.provides'],
  }, () => {
    const graph = {
      os: { provides: ['operating-system', 'plumbing'] },
      a: { needs: ['plumbing'] },
      plumbing: { needs: ['x'] },
    };

    expect(expand(['os', 'a'], graph)).toEqual(['os', 'a']);
  });

  test('accepts a virtual name whose provider comes deeper than its user', { tags: ['elements.provides'] }, () => {
    expect(expand(['a', 'top'], { a: { needs: ['operating-system'] }, top: { needs: ['os'] }, os: OS })).toEqual([
      'a',
      'top',
      'os',
    ]);
  });

  test('accepts a cycle of needs', { tags: ['elements.needs'] }, () => {
    expect(expand(['os'], { os: { ...OS, needs: ['a'] }, a: { needs: ['os'] } })).toEqual(['os', 'a']);
  });
});

describe('faults', () => {
  test('names the element and the line that need an unknown element, with a guess', {
    tags: ['elements.unknown'],
  }, () => {
    const error = errorOf(['os'], {
      os: { ...OS, needs: ['pkg-map', 'package-instals'] },
      'pkg-map': {},
      'package-installs': {},
    });

    expect(error).toMatchObject({
      code: 'ELEMENT_UNKNOWN',
      message: 'There is no element "package-instals", which os needs',
      details: {
        hint: 'Did you mean package-installs? Searched: /lib.',
        place: { file: '/lib/os/element-deps', line: 2 },
      },
    });
  });

  test.each([
    ['# comment', 'element-deps has no comments. Remove the line.'],
    ['vm base', 'Write one name of an element on each line of element-deps.'],
    ['alias', 'alias is a link. Elements take the name of their own folder: write vm.'],
    ['zzzzzzzz', 'Add its folder to ELEMENTS_PATH. Searched: /lib.'],
    ['operating-system', 'Add an element that provides it: os. Searched: /lib.'],
  ])('explains the unknown name "%s"', (name, hint) => {
    expect(errorOf(['a'], { a: { needs: [name] }, os: OS })).toMatchObject({ code: 'ELEMENT_UNKNOWN', hint });
  });

  test('reports all unknown elements at once', () => {
    const error = errorOf(['x', 'os'], { os: { ...OS, needs: ['y'] } });

    expect(error.code).toBe('ELEMENT_UNKNOWN');
    expect(error.details.issues?.map(({ message }) => message)).toEqual([
      'There is no element "x"',
      'There is no element "y", which os needs',
    ]);
  });

  test('names both elements that provide one thing, and why they are there', {
    tags: ['elements.provided-twice'],
  }, () => {
    const error = errorOf(['os', 'b'], {
      os: { ...OS, needs: ['a'] },
      a: { provides: ['s3'] },
      b: { provides: ['s3'] },
    });

    expect(error).toMatchObject({
      code: 'ELEMENT_PROVIDED_TWICE',
      message: 'b and a (needed by os): each provides s3',
      hint: 'Leave out all but one of: b, a.',
    });
  });

  test('refuses a name that was asked for and is provided', { tags: ['elements.provided-and-wanted'] }, () => {
    const error = errorOf(['base', 'os'], { base: {}, os: { provides: ['operating-system', 'base'] } });

    expect(error).toMatchObject({
      code: 'ELEMENT_ALREADY_PROVIDED',
      message: 'Element base was asked for, but os provides it',
      hint: 'Give -n, so that base is not added.',
    });
  });

  test('explains a cycle in which an element needs the one that provides its name', () => {
    const error = errorOf(['os', 'a'], { os: OS, a: { needs: ['b'] }, b: { provides: ['a'] } });

    expect(error).toMatchObject({
      code: 'ELEMENT_CYCLE',
      message: 'Element b (needed by a), and b provides a: each of them leaves the other out',
    });
  });

  test('refuses an element that provides its own name', () => {
    expect(errorOf(['os'], { os: { ...OS, needs: ['a'] }, a: { provides: ['a'] } })).toMatchObject({
      code: 'ELEMENT_CYCLE',
      message: 'Element a provides its own name, which leaves it out of every image',
    });
  });

  test('lists the operating systems there are when none was chosen', { tags: ['elements.operating-system'] }, () => {
    expect(errorOf(['vm'], { vm: {}, debian: OS, ubuntu: OS })).toMatchObject({
      code: 'OPERATING_SYSTEM_MISSING',
      hint: 'Add one of: debian, ubuntu.',
    });
  });
});

describe('any graph of needs', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const graphs = fc.array(fc.uniqueArray(fc.constantFrom(...names)), {
    minLength: names.length,
    maxLength: names.length,
  });
  const wanted = fc.uniqueArray(fc.constantFrom(...names));
  const toGraph = (needs: readonly (readonly string[])[]): Graph => ({
    os: OS,
    ...Object.fromEntries(names.map((name, index) => [name, { needs: needs[index] ?? [] }])),
  });

  test('gives each name once and everything that is needed', () => {
    fc.assert(
      fc.property(graphs, wanted, (needs, chosen) => {
        const graph = toGraph(needs);
        const found = expand(['os', ...chosen], graph);

        expect(new Set(found).size).toBe(found.length);
        expect(found).toEqual(expect.arrayContaining([...chosen]));
        for (const name of found) expect(found).toEqual(expect.arrayContaining([...(graph[name]?.needs ?? [])]));
      }),
    );
  });

  test('does not depend on the order of the library', { tags: ['elements.order'] }, () => {
    fc.assert(
      fc.property(graphs, wanted, (needs, chosen) => {
        const graph = toGraph(needs);
        const reversed = Object.fromEntries(Object.entries(graph).reverse());

        expect(expand(['os', ...chosen], reversed)).toEqual(expand(['os', ...chosen], graph));
      }),
    );
  });
});
