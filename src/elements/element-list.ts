import { describeElement, type ElementDescription } from './describe-element.ts';
import type { ElementLibrary } from './element-library.ts';

/**
 * The elements of a library that have each of the words.everywhere in their name, summary, provided names or variables, in whatever
 * case; all elements where there are no words. In order of name.
 */
export async function listElements(
  { elements }: ElementLibrary,
  words: readonly string[] = [],
): Promise<readonly ElementDescription[]> {
  const described = await Promise.all([...elements.values()].map(describeElement));
  return described.filter((element) => {
    const text = searchedText(element);
    return words.every((word) => text.includes(word.toLowerCase()));
  });
}

function searchedText({ name, summary, provides, variables }: ElementDescription): string {
  return [name, summary, ...provides, ...variables.flatMap((one) => [one.name, one.meaning])].join('\n').toLowerCase();
}
