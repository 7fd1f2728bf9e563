import { readFileSync } from 'node:fs';

const CONTRACT = new URL('../../docs/contract.md', import.meta.url);

/** Ids of all statements of `docs/contract.md`, in its order. */
export function statementIds(): readonly string[] {
  return [...readFileSync(CONTRACT, 'utf8').matchAll(/^- `([^`]+)`: /gm)].map((match) => match[1] ?? '');
}
