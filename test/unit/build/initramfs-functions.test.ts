import { expect, it } from 'vitest';
import { withQuickFunctions } from '../../../src/build/initramfs-functions.ts';

const TEXT = ['# functions', 'copy() {', '  slow "$1"', '}', '', 'add()', '{', '  copy "$1"', '}', ''].join('\n');

/** `printf 'copy() {\n  slow "$1"\n}\n' | sha256sum`, and that of `add`. */
const COPY = 'a9208bc874dd9e925d5524b63f7d9094abc442f525317b021a9f39ee3a525349';
const ADD = '9a066e195a99097e0594cb330368681a040625a26ddc327f8983be9313e462ed';

it('puts a function in the place of the one that it was compared with, which keeps another name', () => {
  const functions = [
    { name: 'copy', originals: ['0'.repeat(64), COPY], text: 'copy() { quick; }' },
    { name: 'add', originals: [ADD], text: 'add() { tree_add; }' },
  ];

  expect(withQuickFunctions(TEXT, functions)).toBe(
    [
      TEXT.replace('copy() {', 'tree_copy() {').replace('add()\n', 'tree_add()\n'),
      'copy() { quick; }',
      'add() { tree_add; }',
    ].join('\n'),
  );
});

it.each([
  ['of another version', TEXT],
  ['that is not there', '# functions\n'],
])('leaves a function %s alone', (_, text) => {
  const functions = [{ name: 'copy', originals: ['0'.repeat(64)], text: 'copy() { quick; }' }];

  expect(withQuickFunctions(text, functions)).toBe(text);
});

it('adds a function that stands before a program', () => {
  expect(withQuickFunctions('copy() {\n}\n', [{ name: 'ln', text: 'ln() { :; }' }])).toBe('copy() {\n}\n\nln() { :; }');
});
