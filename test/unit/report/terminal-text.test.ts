import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, escapeForeign, formatDuration, textWidth } from '../../../src/report/terminal-text.ts';

describe('foreign output on a terminal', () => {
  it('loses its colours and shows the last state of a line that rewrites itself', () => {
    expect(escapeForeign('\u001b[31m10%\r\u001b[32m100%\u001b[0m done\r')).toBe('100% done');
  });

  it('shows what a terminal would obey', () => {
    expect(escapeForeign('a\u0007b\u0000c\u007f\u009bd\u202ee\tf')).toBe('a^Gb^@c^?\\u{9b}d\\u{202e}e  f');
  });

  it('cannot title, clear or move anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
        expect(escapeForeign(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe('clipping', () => {
  it('counts columns, not characters', () => {
    expect(textWidth('日本e\u0301\u001b[1m!\u001b[0m')).toBe(6);
    expect(clip('日本語', 5)).toBe('日本…');
    expect(clip('日本語', 4)).toBe('日…');
  });

  it('never exceeds the columns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, columns) => {
        expect(textWidth(clip(escapeForeign(text), columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('durations', () => {
  it.each([
    [40, '0.0 s'],
    [12_340, '12.3 s'],
    [59_960, '60.0 s'],
    [125_000, '2 min 05 s'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
