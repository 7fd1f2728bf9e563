import { expect, test } from 'vitest';
import { explainDifference, layerKey } from '../../../src/layers/key.ts';

test('a key depends on its parent and every field, and not on the order of the fields', () => {
  const key = layerKey(undefined, { hook: 'a', step: 'b' });

  expect(layerKey(undefined, { step: 'b', hook: 'a' })).toBe(key);
  expect(layerKey(undefined, { hook: 'a', step: 'c' })).not.toBe(key);
  expect(layerKey(undefined, { hook: 'a' })).not.toBe(key);
  expect(layerKey(key, { hook: 'a', step: 'b' })).not.toBe(key);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
});

test('names and values cannot be taken for one another', () => {
  expect(layerKey(undefined, { a: 'b,c' })).not.toBe(layerKey(undefined, { a: 'b', c: '' }));
  expect(layerKey(undefined, { ab: 'c' })).not.toBe(layerKey(undefined, { a: 'bc' }));
});

test('says which fields are new, gone or changed, in order of name', () => {
  const difference = explainDifference({ hook: '1', old: '1', same: '1' }, { $NEW: '1', hook: '2', same: '1' });

  expect(difference).toBe('$NEW is new, hook changed, old is gone');
});

test('finds no difference between equal fields', () => {
  expect(explainDifference({ a: '1', b: '2' }, { b: '2', a: '1' })).toBeUndefined();
});
