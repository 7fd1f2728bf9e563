import { clip, escapeForeign } from './terminal-text.ts';

/** An element of a list. */
export interface ListedElement {
  readonly name: string;
  /** Absolute path of its folder. */
  readonly path: string;
  readonly summary: string;
  readonly isBundled: boolean;
}

const BUNDLED = 'Come with ingot:';

/**
 * Elements with what they are for, below the folder that they are in; bundled ones come last.
 * @param columns of the terminal, where lines end then
 */
export function elementListText(elements: readonly ListedElement[], columns = Number.POSITIVE_INFINITY): string {
  const width = Math.max(0, ...elements.map(({ name }) => name.length));
  const groups = Map.groupBy(elements, ({ path, isBundled }) => (isBundled ? BUNDLED : `${parentOf(path)}:`));
  const line = ({ name, summary }: ListedElement): string =>
    clip(`  ${name.padEnd(width)}  ${escapeForeign(summary)}`.trimEnd(), columns);
  return [...groups]
    .toSorted(([one], [other]) => Number(one === BUNDLED) - Number(other === BUNDLED))
    .map(([place, members]) => [place, ...members.map(line), ''].join('\n'))
    .join('\n');
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
