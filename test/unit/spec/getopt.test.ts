import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { run } from '../../../src/host/process.ts';
import { getopt, type OptionGrammar } from '../../../src/spec/getopt.ts';

const GRAMMAR: OptionGrammar = {
  short: new Map([
    ['a', true],
    ['o', true],
    ['x', false],
    ['u', false],
  ]),
  long: new Map([
    ['image-size', true],
    ['image-cache', true],
    ['image', false],
    ['offline', false],
    ['no-tmpfs', false],
    ['min-tmpfs', true],
  ]),
};

/** What util-linux getopt makes of each command line. */
async function askUtilLinux(lines: readonly (readonly string[])[]): Promise<{ errors: string[]; words: string[] }[]> {
  const input = lines.map((words) => [String(words.length), ...words].map((word) => `${word}\0`).join('')).join('');
  const longNames = [...GRAMMAR.long].map(([name, takesArgument]) => (takesArgument ? `${name}:` : name)).join(',');
  const script = fileURLToPath(new URL('../../support/ask-getopt', import.meta.url));
  const { stdout } = await run(script, ['a:o:xu', longNames], {
    input,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  const fields = stdout.split('\0');
  let next = 0;
  const take = (): string => fields[next++] ?? '';
  const takeList = (): string[] => Array.from({ length: Number(take()) }, take);
  return lines.map(() => ({ errors: takeList(), words: takeList() }));
}

/** What util-linux getopt prints for what ours found. */
function asPrinted(words: readonly string[]): { errors: string[]; words: string[] } {
  const parsed = getopt(words, GRAMMAR);
  const options = parsed.options.flatMap(({ name, isLong, value }) => [
    isLong ? `--${name}` : `-${name}`,
    ...(value === undefined ? [] : [value]),
  ]);
  return { errors: parsed.errors.map((error) => `cmd: ${error}`), words: [...options, '--', ...parsed.operands] };
}

const word = fc.oneof(
  fc.constantFrom('vm', 'debian', '-', '--', '', '-x', '-xu', '-a', '-aarm64', '-xo', '-z', '-xzu', '5', 'a b', "it's"),
  fc.constantFrom('--image-size', '--image-si', '--image', '--ima', '--image-', '--image-size=5', '--image-c=', '--of'),
  fc.constantFrom(
    '--offline=1',
    '--no',
    '--min',
    '--m=2',
    '--unknown',
    '--unknown=x',
    '--=',
    '-x-',
    '--image=',
    '--n=1',
  ),
  fc.string({ unit: fc.constantFrom('-', 'a', 'x', 'o', 'i', 'm', '=', ' ') }),
);

describe('getopt', () => {
  it('understands any command line as util-linux getopt does, with the same messages', async () => {
    const lines = fc.sample(fc.array(word, { maxLength: 7 }), 250);

    const expected = await askUtilLinux(lines);

    expect(lines.map((words) => ({ words, printed: asPrinted(words) }))).toEqual(
      lines.map((words, index) => ({ words, printed: expected[index] })),
    );
  });

  it('keeps operands that stand between options, in their order', () => {
    const parsed = getopt(['vm', '-a', 'arm64', 'debian', '--offline', '--', '-x'], GRAMMAR);

    expect(parsed.operands).toEqual(['vm', 'debian', '-x']);
    expect(parsed.options.map((option) => option.name)).toEqual(['a', 'offline']);
  });

  it('stops at the first operand where POSIX is asked for', () => {
    const parsed = getopt(['-x', 'vm', '-u'], GRAMMAR, true);

    expect(parsed.options).toEqual([{ name: 'x', isLong: false }]);
    expect(parsed.operands).toEqual(['vm', '-u']);
  });

  it('names the possibilities of an ambiguous long option', () => {
    expect(getopt(['--image-'], GRAMMAR).errors).toEqual([
      "option '--image-' is ambiguous; possibilities: '--image-size' '--image-cache'",
    ]);
  });

  it('takes the exact name where it is a prefix of others', () => {
    expect(getopt(['--image'], GRAMMAR)).toMatchObject({ options: [{ name: 'image' }], errors: [] });
  });
});
