/** Lines of sha256sum: digest, blank, blank or star, name. */
const COREUTILS_LINE = /^\\?([0-9a-f]{64}) [ *](.+)$/gim;
/** Lines as the family of Red Hat writes them: `SHA256 (name) = digest`. */
const TAGGED_LINE = /^SHA256 \((.+)\) = ([0-9a-f]{64})$/gim;

/**
 * Finds the SHA-256 of a file in a checksum file, in either of its two usual forms. A checksum file with a single digest counts for the
 * file whatever name it has for it: publishers give one image several names.
 * @returns lower-case hexadecimal; undefined where it has none
 */
export function sha256In(text: string, name: string): string | undefined {
  const entries = [
    ...[...text.matchAll(COREUTILS_LINE)].map(([, digest = '', path = '']) => ({ digest, path })),
    ...[...text.matchAll(TAGGED_LINE)].map(([, path = '', digest = '']) => ({ digest, path })),
  ];
  const named = entries.find(({ path }) => path.trim().split('/').at(-1) === name);
  const found = named ?? (entries.length === 1 ? entries[0] : undefined);
  return found?.digest.toLowerCase();
}
