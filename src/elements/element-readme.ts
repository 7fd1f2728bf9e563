/** What the README of an element says, as far as it follows the template. */
export interface ElementReadme {
  /** The first sentence behind the title; empty where there is none. */
  readonly summary: string;
  readonly variables: readonly DescribedVariable[];
}

/** A variable with which an element is configured. */
export interface DescribedVariable {
  readonly name: string;
  /** As written; undefined where nothing is said. */
  readonly fallback?: string;
  readonly meaning: string;
}

const RULE = /^([=\-~^"'#*+])\1+\s*$/;

/** Reads a README in reStructuredText. One that does not follow the template still has a summary. */
export function readReadme(text: string): ElementReadme {
  const lines = text.split('\n');
  return { summary: summaryOf(lines), variables: variablesOf(sectionOf(lines, 'Variables')) };
}

function summaryOf(lines: readonly string[]): string {
  const isTitle = (index: number): boolean => [lines[index], lines[index + 1]].some((line) => RULE.test(line ?? ''));
  const first = lines.findIndex((line, index) => line.trim() !== '' && !isTitle(index));
  if (first === -1) return '';
  const rest = lines.slice(first);
  const end = rest.findIndex((line) => line.trim() === '');
  const paragraph = plain(rest.slice(0, end === -1 ? undefined : end).join(' '));
  // A sentence ends where the next one begins with a capital; "e.g. this" does not end one.
  return /^.*?[.:](?= [A-Z]|$)/.exec(paragraph)?.[0] ?? paragraph;
}

/** The lines of a section, without its title. */
function sectionOf(lines: readonly string[], title: string): readonly string[] {
  const start = lines.findIndex((line, index) => line.trim() === title && RULE.test(lines[index + 1] ?? ''));
  if (start === -1) return [];
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => RULE.test(line));
  return end === -1 ? rest : rest.slice(0, end - 1);
}

/** A definition list: terms at the margin, what they mean indented below. One term may be several names. */
function variablesOf(lines: readonly string[]): readonly DescribedVariable[] {
  const variables: DescribedVariable[] = [];
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('``')) continue;
    const below = lines.slice(index + 1);
    const end = below.findIndex((one) => one !== '' && !one.startsWith(' '));
    const meaning = plain(below.slice(0, end === -1 ? undefined : end).join(' '));
    for (const { name, fallback } of termsOf(line)) variables.push({ name, fallback, meaning });
  }
  return variables;
}

/** `` ``A``, ``B`` (default ``x``) `` names two variables; the text in brackets counts for those before it. */
function termsOf(line: string): readonly { readonly name: string; readonly fallback?: string }[] {
  return line.split(/(?<=\)),\s*/).flatMap((part) => {
    const fallback = /\((?:default:?|default is)\s*(.*)\)\s*$/.exec(part)?.[1];
    const head = fallback === undefined ? part : part.slice(0, part.lastIndexOf('(default'));
    const names = [...head.matchAll(/``([A-Za-z_]\w*)(?:=[^`]*)?``/g)].map((match) => match[1] ?? '');
    return names.map((name) => ({ name, fallback: fallback === undefined ? undefined : plain(fallback) }));
  });
}

/** Text without the marks of reStructuredText. */
function plain(text: string): string {
  return text.replaceAll('``', '').replace(/\s+/g, ' ').trim();
}
