/** What a command accepts: letters and long names, with or without an argument. */
export interface OptionGrammar {
  /** Option letters; true where the letter takes an argument. */
  readonly short: ReadonlyMap<string, boolean>;
  /** Long names without `--`, in the order in which an ambiguity lists them; true where the name takes an argument. */
  readonly long: ReadonlyMap<string, boolean>;
}

export interface ParsedOption {
  /** The letter or the whole long name, without dashes. */
  readonly name: string;
  readonly isLong: boolean;
  /** Undefined for an option without an argument. */
  readonly value?: string;
}

export interface ParsedArguments {
  /** In the order given. */
  readonly options: readonly ParsedOption[];
  readonly operands: readonly string[];
  /** Every fault, worded as getopt(1) words it but without the command's name in front; empty when all is understood. */
  readonly errors: readonly string[];
}

/** State of one run over the words; `next` is the index of the first word that is not consumed. */
interface Cursor {
  readonly words: readonly string[];
  readonly grammar: OptionGrammar;
  next: number;
  readonly options: ParsedOption[];
  readonly errors: string[];
}

/**
 * Splits a command line as GNU getopt_long does: options and operands interleave, long names may be shortened to any unique
 * prefix, `--` ends the options, letters may be clustered, and every fault is found, not the first alone.
 * @param stopsAtOperand true stops at the first operand, as `POSIXLY_CORRECT` asks for
 * @see glibc posix/getopt.c for the order of the rules, util-linux getopt(1) for the behaviour with several faults
 */
export function getopt(words: readonly string[], grammar: OptionGrammar, stopsAtOperand = false): ParsedArguments {
  const cursor: Cursor = { words, grammar, next: 0, options: [], errors: [] };
  const operands: string[] = [];
  while (cursor.next < words.length) {
    const word = words[cursor.next] ?? '';
    if (word === '--') {
      cursor.next += 1;
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      if (stopsAtOperand) break;
      operands.push(word);
      cursor.next += 1;
    } else {
      cursor.next += 1;
      if (word.startsWith('--')) takeLong(cursor, word.slice(2));
      else takeCluster(cursor, word.slice(1));
    }
  }
  return { options: cursor.options, operands: [...operands, ...words.slice(cursor.next)], errors: cursor.errors };
}

function takeLong(cursor: Cursor, text: string): void {
  const equals = text.indexOf('=');
  const written = equals < 0 ? text : text.slice(0, equals);
  const matches = longMatches(cursor.grammar, written);
  const name = matches[0];
  if (name === undefined) {
    cursor.errors.push(`unrecognized option '--${text}'`);
    return;
  }
  if (matches.length > 1) {
    const possibilities = matches.map((match) => `'--${match}'`).join(' ');
    cursor.errors.push(`option '--${text}' is ambiguous; possibilities: ${possibilities}`);
    return;
  }
  const takesArgument = cursor.grammar.long.get(name) === true;
  if (!takesArgument) {
    if (equals < 0) cursor.options.push({ name, isLong: true });
    else cursor.errors.push(`option '--${name}' doesn't allow an argument`);
    return;
  }
  const value = equals < 0 ? cursor.words[cursor.next++] : text.slice(equals + 1);
  if (value === undefined) cursor.errors.push(`option '--${name}' requires an argument`);
  else cursor.options.push({ name, isLong: true, value });
}

/** The name itself where it is one, else every name that begins with it. */
function longMatches(grammar: OptionGrammar, written: string): readonly string[] {
  if (grammar.long.has(written)) return [written];
  return [...grammar.long.keys()].filter((name) => name.startsWith(written));
}

function takeCluster(cursor: Cursor, cluster: string): void {
  const letters = [...cluster];
  for (const [index, letter] of letters.entries()) {
    const takesArgument = cursor.grammar.short.get(letter);
    if (takesArgument === undefined) {
      cursor.errors.push(`invalid option -- '${letter}'`);
    } else if (!takesArgument) {
      cursor.options.push({ name: letter, isLong: false });
    } else {
      const rest = letters.slice(index + 1).join('');
      const value = rest === '' ? cursor.words[cursor.next++] : rest;
      if (value === undefined) cursor.errors.push(`option requires an argument -- '${letter}'`);
      else cursor.options.push({ name: letter, isLong: false, value });
      return;
    }
  }
}
