/** Names of the files that a web server's listing of a folder links to. */
export function namesInListing(html: string): readonly string[] {
  const names = linksIn(html).map((link) => decoded(link.split('/').at(-1) ?? ''));
  return [...new Set(names)].filter((name) => name !== '');
}

/** Names of the files and folders in a folder that a web server lists, without those of other places that the page links to. */
export function entriesInListing(html: string): string[] {
  const names = linksIn(html).map((link) => decoded(link.replace(/^\.\/|\/$/g, '')));
  return [...new Set(names)].filter((name) => /^[^/.][^/]*$/.test(name));
}

function linksIn(html: string): readonly string[] {
  return [...html.matchAll(/href\s*=\s*["']([^"']+)["']/gi)].map(([, link = '']) => link.replace(/[?#].*$/, ''));
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a percent sign that stands for itself
  }
}

/**
 * The newest of the names that fit a pattern, in which `*` stands for any text. Numbers count by their value, so that 10 is newer than 9;
 * a word is newer than a number, because publishers call their newest file `latest`.
 */
export function newestName(names: readonly string[], pattern: string): string | undefined {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const fits = new RegExp(`^${parts.join('.*')}$`);
  return names
    .filter((name) => fits.test(name))
    .sort(compareVersions)
    .at(-1);
}

function compareVersions(one: string, other: string): number {
  const [ones, others] = [pieces(one), pieces(other)];
  for (const [index, piece] of ones.entries()) {
    const against = others[index];
    if (against === undefined) return 1;
    if (piece === against) continue;
    const [number, otherNumber] = [Number(piece), Number(against)];
    if (!Number.isNaN(number) && !Number.isNaN(otherNumber) && number !== otherNumber) return number - otherNumber;
    return piece < against ? -1 : 1;
  }
  return ones.length - others.length;
}

function pieces(name: string): readonly string[] {
  return name.match(/\d+|[A-Za-z]+|[^A-Za-z\d]+/g) ?? [];
}
