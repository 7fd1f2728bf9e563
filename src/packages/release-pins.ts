import { type AptSource, formatAptSource } from './apt-source.ts';
import { firstStanza } from './deb822.ts';

/** The wish that packages of a source have a priority, as in apt_preferences(5). */
export interface SourcePin {
  readonly source: AptSource;
  readonly priority: number;
}

/** What tells one release from another, by the letters of apt_preferences(5). The component is not among them: it would pin a part. */
const RELEASE_FIELDS = { a: 'suite', n: 'codename', v: 'version', o: 'origin', l: 'label' } as const;

/**
 * The text of a file of preferences that gives the packages of sources their priorities.
 * @param releases release files by the lines of their sources
 */
export function pinPreferences(
  pins: readonly SourcePin[] | undefined,
  releases: Readonly<Record<string, string>>,
): string {
  const stanzas = (pins ?? []).map(({ source, priority }) => {
    const release = releases[formatAptSource(source)] ?? '';
    return `Package: *\nPin: ${pinOf(source, release)}\nPin-Priority: ${priority}\n`;
  });
  return stanzas.join('\n');
}

/** A release file may tell nothing of itself; then the server has to do. */
function pinOf(source: AptSource, release: string): string {
  const fields = firstStanza(release);
  const terms = Object.entries(RELEASE_FIELDS).flatMap(([letter, name]) => {
    const value = fields.get(name) ?? '';
    // apt divides at commas and knows no way to write one.
    return value === '' || value.includes(',') ? [] : [`${letter}=${value}`];
  });
  return terms.length > 0 ? `release ${terms.join(', ')}` : `origin "${hostOf(source)}"`;
}

function hostOf({ uri }: AptSource): string {
  return /^[a-z]+:\/\/(?:[^/@]*@)?([^/:]*)/.exec(uri)?.[1] ?? '';
}
