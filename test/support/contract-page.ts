import { readFileSync } from 'node:fs';

/** The pages that list what others can rely on. */
const PAGES = ['contract.md', 'fuel-contract.md'].map((name) => new URL(`../../docs/${name}`, import.meta.url));

/** Ids of all statements of these pages, in their order. */
export function statementIds(): readonly string[] {
  const texts = PAGES.map((page) => readFileSync(page, 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(/^- `([^`]+)`: /gm)].map((match) => match[1] ?? ''));
}
