import { closest, distance } from 'fastest-levenshtein';
import type { Element } from '../model/element.ts';
import { IngotError, type Issue } from '../model/error.ts';
import type { ErrorCode } from '../model/error-codes.ts';
import type { ElementLibrary } from './element-library.ts';

const OPERATING_SYSTEM = 'operating-system';

/** What the walk over the needs met. */
interface Walk {
  /** Every name met, in order, and the element that asked for it first; undefined where the user did. */
  readonly askers: ReadonlyMap<string, string | undefined>;
  /** Names that elements stand for, and which. */
  readonly providers: ReadonlyMap<string, readonly string[]>;
  /** Names without a folder, when their turn came. */
  readonly folderless: readonly string[];
}

interface Fault extends Issue {
  readonly code: ErrorCode;
}

/**
 * All elements of an image: what was asked for and, breadth first, what those need, without the names that elements provide.
 * The order is that in which names are met, so it depends on the request and the elements' files alone.
 * @param wanted names in order, with those that the contract adds
 * @throws IngotError `ELEMENT_UNKNOWN`, `ELEMENT_CYCLE`, `ELEMENT_PROVIDED_TWICE`, `ELEMENT_ALREADY_PROVIDED`,
 *   `OPERATING_SYSTEM_MISSING`; with several faults the first decides the code and all are issues
 */
export function expandElements(wanted: readonly string[], library: ElementLibrary): readonly Element[] {
  const walk = walkNeeds(wanted, library);
  const faults = [
    ...unknownNames(walk, library),
    ...cycles(wanted, walk),
    ...providedTwice(walk),
    ...alreadyProvided(wanted, walk),
  ];
  if (!walk.providers.has(OPERATING_SYSTEM) && faults.length === 0) faults.push(systemMissing(library));
  if (faults.length > 0) throw errorOf(faults);
  return [...walk.askers.keys()]
    .filter((name) => !walk.providers.has(name))
    .flatMap((name) => library.elements.get(name) ?? []);
}

function walkNeeds(wanted: readonly string[], library: ElementLibrary): Walk {
  const askers = new Map<string, string | undefined>(wanted.map((name) => [name, undefined]));
  const providers = new Map<string, string[]>();
  const folderless: string[] = [];
  const queue = [...askers.keys()];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (providers.has(name)) continue;
    const element = library.elements.get(name);
    if (element === undefined) {
      folderless.push(name);
      continue;
    }
    for (const provided of element.provides) {
      providers.set(provided, [...(providers.get(provided) ?? []), name]);
    }
    for (const need of element.needs) {
      if (askers.has(need)) continue;
      askers.set(need, name);
      if (!providers.has(need)) queue.push(need);
    }
  }
  return { askers, providers, folderless };
}

function unknownNames(walk: Walk, library: ElementLibrary): Fault[] {
  return walk.folderless
    .filter((name) => !walk.providers.has(name))
    .map((name) => {
      const asker = walk.askers.get(name);
      return {
        code: 'ELEMENT_UNKNOWN' as const,
        message: `There is no element "${name}"${asker === undefined ? '' : `, which ${asker} needs`}`,
        hint: hintForUnknown(name, library),
        place: asker === undefined ? undefined : library.needPlaces.get(asker)?.get(name),
      };
    });
}

/** What to do about a name that no element has. */
export function hintForUnknown(name: string, library: ElementLibrary): string {
  const searched = `Searched: ${library.searchPath.join(', ')}.`;
  if (name.startsWith('#')) return 'element-deps has no comments. Remove the line.';
  if (/\s/.test(name)) return 'Write one name of an element on each line of element-deps.';
  const linked = library.linkedNames.get(name);
  if (linked !== undefined) return `${name} is a link. Elements take the name of their own folder: write ${linked}.`;
  const providing = [...library.elements.values()].filter((element) => element.provides.includes(name));
  if (providing.length > 0) return `Add an element that provides it: ${namesOf(providing)}. ${searched}`;
  const guess = closestName(name, [...library.elements.keys()]);
  return guess === undefined ? `Add its folder to ELEMENTS_PATH. ${searched}` : `Did you mean ${guess}? ${searched}`;
}

function closestName(name: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const guess = closest(name, names);
  return distance(name, guess) <= Math.max(2, Math.floor(name.length / 3)) ? guess : undefined;
}

/**
 * A name is caught in a cycle when an element that is there only for its sake provides it:
 * with the provider it is left out, and without it nothing asks for the provider.
 */
function cycles(wanted: readonly string[], walk: Walk): Fault[] {
  return [...walk.providers].flatMap(([name, providers]) =>
    providers
      .filter((provider) => isCycle(name, provider, wanted, walk))
      .map((provider) => ({
        code: 'ELEMENT_CYCLE' as const,
        message:
          provider === name
            ? `Element ${name} provides its own name, which leaves it out of every image`
            : `Element ${chain(provider, walk)}, and ${provider} provides ${name}: each of them leaves the other out`,
        hint: `Remove ${name} from element-provides of ${provider}, or ask for ${provider} in place of ${name}.`,
      })),
  );
}

function isCycle(name: string, provider: string, wanted: readonly string[], walk: Walk): boolean {
  if (provider === name) return true;
  return wanted.includes(name) && ancestors(provider, walk).includes(name);
}

function providedTwice(walk: Walk): Fault[] {
  return [...walk.providers]
    .filter(([, providers]) => providers.length > 1)
    .map(([name, providers]) => ({
      code: 'ELEMENT_PROVIDED_TWICE' as const,
      message: `${providers.map((provider) => chain(provider, walk)).join(' and ')}: each provides ${name}`,
      hint: `Leave out all but one of: ${providers.join(', ')}.`,
    }));
}

function alreadyProvided(wanted: readonly string[], walk: Walk): Fault[] {
  return [...new Set(wanted)].flatMap((name) => {
    const provider = walk.providers.get(name)?.[0];
    if (provider === undefined || isCycle(name, provider, wanted, walk)) return [];
    return {
      code: 'ELEMENT_ALREADY_PROVIDED' as const,
      message: `Element ${name} was asked for, but ${chain(provider, walk)} provides it`,
      hint: name === 'base' ? 'Give -n, so that base is not added.' : `Leave ${name} out.`,
    };
  });
}

function systemMissing(library: ElementLibrary): Fault {
  const systems = [...library.elements.values()].filter(({ provides }) => provides.includes(OPERATING_SYSTEM));
  return {
    code: 'OPERATING_SYSTEM_MISSING',
    message: 'None of the elements provides an operating system',
    hint:
      systems.length === 0
        ? 'No element of the search path provides operating-system. Set ELEMENTS_PATH to a folder that has one.'
        : `Add one of: ${namesOf(systems)}.`,
  };
}

/** `a (needed by b, needed by c)`; the name alone where the user asked for it. */
function chain(name: string, walk: Walk): string {
  const above = ancestors(name, walk);
  return above.length === 0 ? name : `${name} (needed by ${above.join(', needed by ')})`;
}

function ancestors(name: string, walk: Walk): readonly string[] {
  const above: string[] = [];
  for (let asker = walk.askers.get(name); asker !== undefined; asker = walk.askers.get(asker)) above.push(asker);
  return above;
}

function namesOf(elements: readonly Element[]): string {
  return elements.map(({ name }) => name).join(', ');
}

function errorOf(faults: readonly Fault[]): IngotError {
  const [first] = faults;
  if (first === undefined) return new IngotError('INTERNAL', 'There is no fault to report');
  const { code, message, hint, place } = first;
  if (faults.length === 1) return new IngotError(code, message, { hint, place });
  const issues = faults.map(({ code: _code, ...issue }) => issue);
  return new IngotError(code, `The elements do not fit together, for ${faults.length} reasons`, { issues });
}
