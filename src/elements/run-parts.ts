import { IngotError } from '../model/error.ts';

/** Names of hooks that run, unless `RUN_PARTS_REGEX` says otherwise. */
export const DEFAULT_NAME_PATTERN = '^[0-9A-Za-z_-]+$';

/** Classes of POSIX expressions that JavaScript does not know. */
const CHARACTER_CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
};

const ENVIRONMENT_NAME = /^[0-9A-Za-z_.-]+$/;

/** Orders two hook names as `LC_ALL=C sort -n` does: by the number they begin with, then byte by byte. */
function compareHookNames(one: string, other: string): number {
  return compareNumbers(leadingNumber(one), leadingNumber(other)) || compareBytes(one, other);
}

/** Orders two strings byte by byte in UTF-8, which is the order of the C locale. */
export function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/**
 * The names among `names` that run-parts would run, in its order. Whether a file is executable is not its concern.
 * @param pattern extended regular expression, as `grep -E` takes it
 * @throws IngotError `USAGE` when the pattern cannot be understood
 */
export function selectHookNames(names: readonly string[], pattern = DEFAULT_NAME_PATTERN): readonly string[] {
  const allowed = namePattern(pattern);
  return names.filter((name) => allowed.test(name)).sort(compareHookNames);
}

function namePattern(pattern: string): RegExp {
  const translated = pattern.replace(/\[:(\w+):\]/g, (whole, name: string) => CHARACTER_CLASSES[name] ?? whole);
  try {
    return new RegExp(translated);
  } catch (cause) {
    throw new IngotError('USAGE', `RUN_PARTS_REGEX "${pattern}" is not a regular expression`, {
      hint: `Correct it or leave it unset for ${DEFAULT_NAME_PATTERN}`,
      cause,
    });
  }
}

/** The files among the names of an `environment.d` that are sourced, in that order. Dots are allowed and the order is lexical. */
export function selectEnvironmentNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => ENVIRONMENT_NAME.test(name)).sort(compareBytes);
}

/** Sign, integer digits without leading zeros, and fraction digits without trailing zeros: numbers of any length compare exactly. */
interface LeadingNumber {
  readonly isNegative: boolean;
  readonly integer: string;
  readonly fraction: string;
}

function leadingNumber(name: string): LeadingNumber {
  const match = /^[ \t\n]*(-?)0*([0-9]*)(?:\.([0-9]*))?/.exec(name);
  const integer = match?.[2] ?? '';
  const fraction = (match?.[3] ?? '').replace(/0+$/, '');
  const isZero = integer === '' && fraction === '';
  return { isNegative: match?.[1] === '-' && !isZero, integer, fraction };
}

function compareNumbers(one: LeadingNumber, other: LeadingNumber): number {
  if (one.isNegative !== other.isNegative) return one.isNegative ? -1 : 1;
  const bySize =
    one.integer.length - other.integer.length ||
    compareBytes(one.integer, other.integer) ||
    compareBytes(one.fraction, other.fraction);
  return one.isNegative ? -bySize : bySize;
}
