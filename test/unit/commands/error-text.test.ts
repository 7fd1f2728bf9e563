import { describe, expect, it } from 'vitest';
import { errorText, ingotExitStatusOf } from '../../../src/commands/error-text.ts';
import { toErrorReport } from '../../../src/model/error.ts';

describe('the text of an error', () => {
  it('begins with the command, and puts the hint below the message', () => {
    expect(errorText('ingot', { code: 'USAGE', message: 'No element is named', hint: 'Name one.' })).toBe(
      'ingot: No element is named\n  Name one.\n',
    );
  });

  it('shows every issue with its place and hint, and the end of a program’s output', () => {
    const text = errorText('element-info', {
      code: 'DEFINITION_INVALID',
      message: 'Two things are wrong',
      place: { file: 'a.yaml' },
      issues: [
        { message: 'unknown key', place: { file: 'a.yaml', line: 3, column: 5 }, hint: 'Keys: phase.' },
        { message: 'empty', place: { file: 'b.yaml', line: 1 } },
      ],
      tail: ['last words'],
      hint: 'Mend both.',
    });

    expect(text).toBe(
      [
        'element-info: a.yaml: Two things are wrong',
        '  a.yaml:3:5: unknown key',
        '    Keys: phase.',
        '  b.yaml:1: empty',
        '  | last words',
        '  Mend both.',
        '',
      ].join('\n'),
    );
  });
});

describe('a fault of ingot itself', () => {
  it('is told with its code, its place in the code and a request to report it', () => {
    const report = toErrorReport(new TypeError('no such thing'));

    expect(report.code).toBe('INTERNAL');
    expect(errorText('ingot', report)).toMatch(/^ingot: TypeError: no such thing\n +at (.|\n)*Please report it/);
  });
});

describe('the exit status of ingot', () => {
  it('is 2 for faults of usage, a hook’s own, and 1 for the rest', () => {
    expect(ingotExitStatusOf({ code: 'FORMAT_UNKNOWN', message: '' })).toBe(2);
    expect(ingotExitStatusOf({ code: 'HOOK_FAILED', message: '', exitStatus: 42 })).toBe(42);
    expect(ingotExitStatusOf({ code: 'ELEMENT_UNKNOWN', message: '' })).toBe(1);
  });
});
