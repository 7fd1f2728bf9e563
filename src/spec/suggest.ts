import { closest, distance } from 'fastest-levenshtein';

/** The choice that a mistyped word most likely stood for; undefined when none is near. */
export function suggest(word: string, choices: readonly string[]): string | undefined {
  if (choices.length === 0) return undefined;
  const nearest = closest(word.toLowerCase(), choices);
  return distance(word.toLowerCase(), nearest) <= Math.max(1, Math.floor(nearest.length / 3)) ? nearest : undefined;
}
