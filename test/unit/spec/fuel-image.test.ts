import { describe, expect, test } from 'vitest';
import { parseFuelImage } from '../../../src/spec/fuel-image.ts';

describe('the command line of fuel-image', () => {
  test.each([
    [['{"a": 1}'], { kind: 'build', request: { kind: 'text', text: '{"a": 1}' }, deadlineSeconds: 3540 }],
    [['{}', 'and', 'more'], { kind: 'build', request: { kind: 'text', text: '{}' }, deadlineSeconds: 3540 }],
    [['--deadline', '0', '-'], { kind: 'build', request: { kind: 'input' }, deadlineSeconds: 0 }],
    [['--check', '@r.json'], { kind: 'check', request: { kind: 'file', path: 'r.json' } }],
    [
      ['submit', '--deadline=60', '@r.json'],
      { kind: 'submit', request: { kind: 'file', path: 'r.json' }, deadlineSeconds: 60 },
    ],
    [['status'], { kind: 'status', id: undefined }],
    [['status', 'env_1'], { kind: 'status', id: 'env_1' }],
    [['wait', 'env_1'], { kind: 'wait', id: 'env_1', timeoutSeconds: undefined }],
    [['wait', '--timeout', '5', 'env_1'], { kind: 'wait', id: 'env_1', timeoutSeconds: 5 }],
    [['cancel', 'env_1'], { kind: 'cancel', id: 'env_1' }],
    [['cancel', '--help'], { kind: 'help' }],
  ])('%j is understood', (words, call) => {
    expect(parseFuelImage(words)).toEqual(call);
  });

  test('takes the limit of time from the environment, and the option before it', () => {
    const environment = { FUEL_IMAGE_DEADLINE: '100' };

    expect(parseFuelImage(['{}'], environment)).toMatchObject({ deadlineSeconds: 100 });
    expect(parseFuelImage(['--deadline', '7', '{}'], environment)).toMatchObject({ deadlineSeconds: 7 });
  });

  test.each([
    [[], 'The request is missing'],
    [['submit'], 'The request is missing'],
    [['wait'], 'The name of the job is missing'],
    [['cancel'], 'The name of the job is missing'],
    [['--deadline', 'soon', '{}'], '--deadline has to be a whole number of seconds, not "soon"'],
    [['--deadline', '99999999', '{}'], '--deadline has to be a whole number of seconds, not "99999999"'],
    [['--timeout', '5', '{}'], '--timeout is no option of build'],
    [['wait', '--deadline', '5', 'x'], '--deadline is no option of wait'],
    [['--nonsense', '{}'], "unrecognized option '--nonsense'"],
  ])('%j is refused', (words, message) => {
    expect(() => parseFuelImage(words)).toThrow(expect.objectContaining({ code: 'USAGE', message }));
  });

  test('a limit of time in the environment that is none is refused', () => {
    expect(() => parseFuelImage(['{}'], { FUEL_IMAGE_DEADLINE: '1h' })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('FUEL_IMAGE_DEADLINE') }),
    );
  });
});
