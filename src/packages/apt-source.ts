import { IngotError } from '../model/error.ts';

/** One place apt takes binary packages from: a line of `sources.list`. */
export interface AptSource {
  /** What stands in brackets, such as `arch=amd64 trusted=yes`; empty when there are none. */
  readonly options: string;
  /** Without a slash at its end. */
  readonly uri: string;
  /** Such as `bookworm-updates`; a name with a slash at its end is the path of a flat repository. */
  readonly suite: string;
  readonly components: readonly string[];
}

/** A source with the base name of the file below `sources.list.d` that holds it. */
export interface NamedAptSource {
  readonly name: string;
  /** Undefined for a line that gives no binary packages (`deb-src`). */
  readonly source: AptSource | undefined;
  /** The line as it was written. */
  readonly line: string;
}

const LINE = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+\S+)*)$/;

/** Reads a line of `sources.list`; undefined when it is not one that gives binary packages. */
export function parseAptSource(line: string): AptSource | undefined {
  const match = LINE.exec(line.trim());
  if (match === null) return undefined;
  const [, options = '', uri = '', suite = '', components = ''] = match;
  return {
    options: options.trim(),
    uri: uri.replace(/\/+$/, ''),
    suite,
    components: components.split(/\s+/).filter((name) => name !== ''),
  };
}

/**
 * Reads the text of `DIB_APT_SOURCES_CONF`: one `NAME:deb URI SUITE COMPONENT...` on each line.
 * @throws IngotError `DEFINITION_INVALID` naming each line that is not of that form
 */
export function parseSourcesConf(text: string): readonly NamedAptSource[] {
  const sources: NamedAptSource[] = [];
  const issues: { message: string }[] = [];
  for (const [index, written] of text.split('\n').entries()) {
    if (written.trim() === '') continue;
    const colon = written.indexOf(':');
    const name = written.slice(0, colon).trim();
    const line = written.slice(colon + 1).trim();
    const source = parseAptSource(line);
    if (/^[\w.-]+$/.test(name) && (source !== undefined || /^deb-src\s/.test(line)))
      sources.push({ name, source, line });
    else issues.push({ message: `line ${index + 1} of DIB_APT_SOURCES_CONF is "${written.trim()}"` });
  }
  if (issues.length > 0)
    throw new IngotError('DEFINITION_INVALID', 'DIB_APT_SOURCES_CONF has lines that name no package source', {
      issues,
      hint: 'Write each line as NAME:deb URI SUITE COMPONENT..., such as default:deb http://deb.debian.org/debian bookworm main',
    });
  return sources;
}

/** The line of `sources.list` for a source, with more options than its own. */
export function formatAptSource(source: AptSource, moreOptions: readonly string[] = []): string {
  const options = [source.options, ...moreOptions].filter((option) => option !== '').join(' ');
  const words = ['deb', ...(options === '' ? [] : [`[${options}]`]), source.uri, source.suite, ...source.components];
  return words.join(' ');
}

/** Address of a file of the source's index, such as `InRelease`. */
export function indexUrl(source: AptSource, file: string): string {
  return source.suite.endsWith('/')
    ? `${source.uri}/${source.suite.replace(/^\.?\//, '')}${file}`
    : `${source.uri}/dists/${source.suite}/${file}`;
}

/** The sources without those that stand twice. */
export function distinctSources(sources: readonly AptSource[]): readonly AptSource[] {
  return [...new Map(sources.map((source) => [formatAptSource(source), source])).values()];
}
