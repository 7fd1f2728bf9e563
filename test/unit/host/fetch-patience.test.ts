import { expect, test } from 'vitest';
import { fetchPatienceOf } from '../../../src/host/fetch-patience.ts';

test('is that of the variables, and has defaults', () => {
  expect(fetchPatienceOf({})).toEqual({ attempts: 5, timeoutMs: 30_000 });
  expect(fetchPatienceOf({ INGOT_FETCH_ATTEMPTS: '', INGOT_FETCH_TIMEOUT: '2' })).toEqual({
    attempts: 5,
    timeoutMs: 2000,
  });
  expect(fetchPatienceOf({ INGOT_FETCH_ATTEMPTS: '10' })).toMatchObject({ attempts: 10 });
});

test.each(['0', '-1', '1.5', 'many', '101'])('refuses %s attempts', (text) => {
  expect(() => fetchPatienceOf({ INGOT_FETCH_ATTEMPTS: text })).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(`INGOT_FETCH_ATTEMPTS`) }),
  );
});
