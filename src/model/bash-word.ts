/** A word that bash reads as exactly this text. Plain names and paths stay bare. */
export function quoteForBash(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
