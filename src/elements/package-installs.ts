import type { Issue } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { throwIssues } from './definition-issues.ts';
import { installTypeOf } from './install-types.ts';
import type { PackageWish } from './package-installs-file.ts';
import { compareBytes } from './run-parts.ts';

/** A package and the element that wants it, whose package map counts. */
export type WantedPackage = readonly [packageName: string, element: string];

export interface PhasePackages {
  readonly install: readonly WantedPackage[];
  readonly uninstall: readonly WantedPackage[];
}

/** What each phase installs and removes, before package maps; the content of `/tmp/package-installs.json`. */
export type PackageInstalls = Readonly<Record<string, PhasePackages>>;

/**
 * What the wishes come to in this environment. Within a phase a plain installation beats the removal that another element wants.
 * @param env environment of the build, with what `environment.d` exports
 * @throws IngotError `DEFINITION_INVALID` naming every `when` whose variable is not set
 */
export function squashPackageWishes(wishes: readonly PackageWish[], env: Environment): PackageInstalls {
  const matching = wishes.filter((wish) => isForMachine(wish, env));
  throwIssues('package-installs', unsetVariableIssues(wishes, env));
  return arrange(matching.filter((wish) => areConditionsMet(wish, env)));
}

/** One issue for each `when` that counts on this machine and whose variable is not set. */
export function unsetVariableIssues(wishes: readonly PackageWish[], env: Environment): readonly Issue[] {
  return wishes.filter((wish) => isForMachine(wish, env)).flatMap((wish) => unsetVariables(wish, env));
}

/** As `squashPackageWishes` for a forecast before all variables are known: a wish that compares an unset one is left out. */
export function forecastPackageWishes(wishes: readonly PackageWish[], env: Environment): PackageInstalls {
  const known = wishes.filter((wish) => isForMachine(wish, env) && unsetVariables(wish, env).length === 0);
  return arrange(known.filter((wish) => areConditionsMet(wish, env)));
}

function isForMachine({ element, arch, notArch, installType, pythonVersion }: PackageWish, env: Environment): boolean {
  const machine = env.ARCH ?? '';
  if (installType !== undefined && installType !== installTypeOf(element, env)) return false;
  if (arch && !arch.split(',').includes(machine)) return false;
  if (!arch && notArch?.split(',').includes(machine)) return false;
  return !pythonVersion || pythonVersion === (env.DIB_PYTHON_VERSION ?? '');
}

function unsetVariables(wish: PackageWish, env: Environment): readonly Issue[] {
  return wish.conditions
    .filter(({ variable }) => env[variable] === undefined)
    .map(({ variable, place }) => ({
      message: `Package ${wish.package} of element ${wish.element} depends on the variable ${variable}, which is not set`,
      place,
      hint: `Set ${variable}, or export a default for it in environment.d of ${wish.element}.`,
    }));
}

function areConditionsMet({ conditions }: PackageWish, env: Environment): boolean {
  return conditions.every(({ variable, operator, value }) => (env[variable] === value) === (operator === '='));
}

function arrange(wishes: readonly PackageWish[]): PackageInstalls {
  const phases = [...new Set(wishes.map(({ phase }) => phase))].sort(compareBytes);
  return Object.fromEntries(
    phases.map((phase) => [phase, arrangePhase(wishes.filter((wish) => wish.phase === phase))]),
  );
}

function arrangePhase(wishes: readonly PackageWish[]): PhasePackages {
  const kept = new Set(wishes.filter(({ kind }) => kind === 'install').map((wish) => wish.package));
  return {
    install: sortedPairs(wishes.filter(({ kind }) => kind !== 'uninstall')),
    uninstall: sortedPairs(wishes.filter((wish) => wish.kind !== 'install' && !kept.has(wish.package))),
  };
}

function sortedPairs(wishes: readonly PackageWish[]): readonly WantedPackage[] {
  const pairs = new Map(
    wishes.map((wish): [string, WantedPackage] => [`${wish.package}\0${wish.element}`, [wish.package, wish.element]]),
  );
  return [...pairs].sort(([one], [other]) => compareBytes(one, other)).map(([, pair]) => pair);
}
