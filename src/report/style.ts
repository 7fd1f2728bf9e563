import { styleText } from 'node:util';

/** Styles of the terminal views, by meaning. */
const STYLES = {
  good: 'green',
  bad: 'red',
  caution: 'yellow',
  strong: 'bold',
  faint: 'dim',
  accent: 'cyan',
} as const;

export type Meaning = keyof typeof STYLES;

/** Gives a text the style of its meaning, or leaves it as it is where the terminal takes no styles. */
export type Paint = (meaning: Meaning, text: string) => string;

/** The paint for a terminal; a plain one where colours are not wanted. */
export function paintFor(hasColours: boolean): Paint {
  if (!hasColours) return (_meaning, text) => text;
  return (meaning, text) => styleText(STYLES[meaning], text, { validateStream: false });
}
