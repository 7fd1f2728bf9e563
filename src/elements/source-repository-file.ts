import { closest, distance } from 'fastest-levenshtein';
import type { Issue, SourcePlace } from '../model/error.ts';
import type { Environment } from '../model/request.ts';

/** A word of a line and where it stands. */
interface Word {
  readonly text: string;
  readonly place: SourcePlace;
}

const TYPES: readonly string[] = ['git', 'tar', 'file', 'package'];
const FORM = 'A line is: NAME git|tar|file|package /DESTINATION LOCATION [REF].';

/** What the shell may turn into something else, so that nothing is known of the word and of what follows it. */
const NEEDS_SHELL = /[$`"'\\;&|<>(){}]|^~/;

/**
 * The faults of a `source-repository-*` file that show before the shell evaluates its lines. Where a word needs the shell, it and what
 * follows are left to the hook that fetches.
 * @param env environment of the build, whose variables replace fields and choose how a source is installed
 * @see elements/source-repositories/README.rst for the form of a line
 */
export function sourceRepositoryIssues(file: string, text: string, env: Environment): readonly Issue[] {
  return text.split('\n').flatMap((line, index, lines) => {
    // A backslash at the end of a line joins the next one to it.
    if (lines[index - 1]?.endsWith('\\')) return [];
    const words = wordsOf(line, file, index + 1);
    return words[0] === undefined ? [] : lineIssues(words[0], words.slice(1), env);
  });
}

function wordsOf(line: string, file: string, number: number): readonly Word[] {
  const words = [...line.matchAll(/\S+/g)].map(
    (match): Word => ({ text: match[0], place: { file, line: number, column: match.index + 1 } }),
  );
  const comment = words.findIndex(({ text }) => text.startsWith('#'));
  return comment < 0 ? words : words.slice(0, comment);
}

function lineIssues(name: Word, fields: readonly Word[], env: Environment): readonly Issue[] {
  const unknownFrom = [name, ...fields].findIndex(({ text }) => NEEDS_SHELL.test(text));
  if (unknownFrom === 0) return [];
  const isWhole = unknownFrom < 0;
  const [type, destination, location, , extra] = isWhole ? fields : fields.slice(0, unknownFrom - 1);
  const missing = (what: string): Issue => ({
    message: `"${name.text}" has no ${what}`,
    place: name.place,
    hint: FORM,
  });
  if (type === undefined) return isWhole ? [missing('type')] : [];
  if (!TYPES.includes(type.text)) return [unknownType(type)];
  const variable = (field: string): string | undefined =>
    env[`DIB_${field}_${name.text.replace(/[^A-Za-z0-9]/g, '_')}`];
  if (extra !== undefined) {
    return [{ message: `"${extra.text}" is a word too many`, place: extra.place, hint: FORM }];
  }
  if ((variable('INSTALLTYPE') || env.DIB_DEFAULT_INSTALLTYPE || 'source') !== 'source') return [];
  const installed = variable('REPOTYPE') || type.text;
  if (!TYPES.slice(0, 3).includes(installed)) {
    const message = `"${name.text}" has the type ${installed}, which cannot be installed from source`;
    const hint = 'Choose from git, tar and file, or set DIB_INSTALLTYPE_ and its name to package.';
    return [{ message, place: type.place, hint }];
  }
  if (destination === undefined) return isWhole ? [missing('destination')] : [];
  if (!destination.text.startsWith('/')) {
    const message = `"${destination.text}" is no destination, for it does not begin with "/"`;
    return [{ message, place: destination.place, hint: FORM }];
  }
  return location === undefined && isWhole && !variable('REPOLOCATION') ? [missing('location')] : [];
}

function unknownType({ text, place }: Word): Issue {
  const nearest = closest(text, TYPES);
  const question = distance(text, nearest) <= 2 ? `Did you mean ${nearest}? ` : '';
  return { message: `"${text}" is no type of source`, place, hint: `${question}Types: ${TYPES.join(', ')}.` };
}
