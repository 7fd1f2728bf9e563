import type { PackageFacts } from './package-facts.ts';

/**
 * Divides packages into batches, each of which dpkg can unpack at once and then configure. A package whose own script runs before
 * unpacking needs what it pre-depends on configured by then; that, with all it depends on, comes in an earlier batch.
 */
export function installBatches<T extends PackageFacts>(packages: readonly T[]): readonly (readonly T[])[] {
  const wanted = packages
    .filter((facts) => facts.hasPreinst)
    .flatMap((facts) => facts.preDepends.flatMap((alternatives) => providerOf(alternatives, packages)));
  const early = dependencyClosure(wanted, packages);
  if (early.length === 0 || early.length === packages.length) return packages.length === 0 ? [] : [packages];
  const late = packages.filter((facts) => !early.includes(facts));
  return [...installBatches(early), late];
}

/** The packages with everything of `among` that they depend on, in the order of `among`. */
export function dependencyClosure<T extends PackageFacts>(start: readonly T[], among: readonly T[]): readonly T[] {
  const found = new Set<T>(start);
  for (const facts of found)
    for (const alternatives of [...facts.preDepends, ...facts.depends])
      for (const provider of providerOf(alternatives, among)) found.add(provider);
  return among.filter((facts) => found.has(facts));
}

function providerOf<T extends PackageFacts>(alternatives: readonly string[], among: readonly T[]): readonly T[] {
  const named = among.filter((facts) => alternatives.includes(facts.name));
  return named.length > 0 ? named : among.filter((facts) => facts.provides.some((name) => alternatives.includes(name)));
}
