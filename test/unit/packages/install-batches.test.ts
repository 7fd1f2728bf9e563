import { expect, test } from 'vitest';
import { dependencyClosure, installBatches } from '../../../src/packages/install-batches.ts';
import { factsOf } from '../../../src/packages/package-facts.ts';

function facts(name: string, fields: Readonly<Record<string, string>> = {}, hasPreinst = false) {
  const lines = Object.entries({ Package: name, Version: '1', Architecture: 'all', ...fields });
  return factsOf(lines.map(([field, value]) => `${field}: ${value}\n`).join(''), hasPreinst, { offset: 0, size: 0 });
}

function namesOf(batches: readonly (readonly { readonly name: string }[])[]): string[][] {
  return batches.map((batch) => batch.map(({ name }) => name));
}

test('reads relations with versions, architectures, alternatives and folded lines', () => {
  const read = facts('a', { Depends: 'b (>= 1:2), c:any | d,\n e [amd64]', Provides: 'x (= 1), y', Essential: 'yes' });

  expect(read).toMatchObject({ depends: [['b'], ['c', 'd'], ['e']], provides: ['x', 'y'], isEssential: true });
});

test('puts packages into one batch when none has to be configured before another is unpacked', () => {
  const packages = [facts('a', { 'Pre-Depends': 'b' }), facts('b'), facts('c', { Depends: 'a' }, true)];

  expect(namesOf(installBatches(packages))).toEqual([['a', 'b', 'c']]);
});

test('configures what a script needs, with all that depends on, before it runs', () => {
  const packages = [
    facts('a', { 'Pre-Depends': 'virtual' }, true),
    facts('b', { Provides: 'virtual', Depends: 'c' }),
    facts('c', { 'Pre-Depends': 'd' }, true),
    facts('d'),
    facts('e'),
  ];

  expect(namesOf(installBatches(packages))).toEqual([['d'], ['b', 'c'], ['a', 'e']]);
});

test('takes packages that need each other in one batch', () => {
  const packages = [facts('a', { 'Pre-Depends': 'b' }, true), facts('b', { 'Pre-Depends': 'a' }, true)];

  expect(namesOf(installBatches(packages))).toEqual([['a', 'b']]);
});

test('makes no batch of nothing', () => {
  expect(installBatches([])).toEqual([]);
});

test('follows dependencies, and providers only where no package has the name', () => {
  const packages = [
    facts('a', { Depends: 'b' }),
    facts('b'),
    facts('c', { Provides: 'b' }),
    facts('d', { Depends: 'e' }),
    facts('e'),
  ];

  const closure = dependencyClosure(packages.slice(0, 1), packages);

  expect(closure.map(({ name }) => name)).toEqual(['a', 'b']);
});
