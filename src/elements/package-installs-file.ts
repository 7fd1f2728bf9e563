import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfPresent } from '../host/optional-file.ts';
import type { Element } from '../model/element.ts';
import type { Issue, SourcePlace } from '../model/error.ts';
import { type DefinitionFile, parseDefinition, schemaIssues } from '../yaml/definition-file.ts';
import { throwIssues } from './definition-issues.ts';

/** One wish of an element for a package, as a `package-installs` file states it. */
export interface PackageWish {
  readonly element: string;
  /** Name before the package map. */
  readonly package: string;
  /** As written, such as `install.d`. */
  readonly phase: string;
  /** `build-only` is installed in its phase and removed at its end. */
  readonly kind: 'install' | 'uninstall' | 'build-only';
  /** Architectures as written, with commas between them. */
  readonly arch?: string;
  readonly notArch?: string;
  readonly installType?: string;
  readonly pythonVersion?: string;
  readonly conditions: readonly Condition[];
  readonly place: SourcePlace;
}

/** One statement of `when`: a comparison with a variable of the build's environment. */
export interface Condition {
  readonly variable: string;
  readonly operator: '=' | '!=';
  readonly value: string;
  readonly place: SourcePlace;
}

/** What the `package-installs` files of an image say. */
export interface PackageWishes {
  readonly wishes: readonly PackageWish[];
  /** Keys and values without effect. */
  readonly warnings: readonly Issue[];
  readonly issues: readonly Issue[];
}

const FILE_NAMES = ['package-installs.json', 'package-installs.yaml'] as const;
const PHASES_WITH_PACKAGES: readonly string[] = ['pre-install.d', 'install.d', 'post-install.d'];
const CONDITION = /^(\w+)\s*(=|!=)\s*(.*)/;

const text = (what: string) => z.string({ error: `has to be ${what}` });
const Condition = text('a statement such as "NAME = value" or "NAME != value"').regex(CONDITION, {
  error: 'has to be a statement such as "NAME = value" or "NAME != value"',
});

/** Keys of one wish. Others have no meaning, and elements in use have some. */
const WishFile = z
  .looseObject(
    {
      phase: text(`one of ${PHASES_WITH_PACKAGES.join(', ')}`).optional(),
      installtype: text('a name such as source or package').optional(),
      arch: text('names of architectures with commas between them').optional(),
      'not-arch': text('names of architectures with commas between them').optional(),
      dib_python_version: z.union([z.string(), z.number()], { error: 'has to be 2 or 3' }).optional(),
      when: z.union([Condition, z.array(Condition)], { error: unionFault }).optional(),
    },
    { error: 'has to be empty, a map of keys such as phase and when, or a list of such maps' },
  )
  .refine((wish) => !wish.arch || !wish['not-arch'], { error: 'has both arch and not-arch; keep one of them' });
type WishFile = z.infer<typeof WishFile>;

const KNOWN_KEYS: readonly string[] = [
  ...['phase', 'uninstall', 'build-only', 'installtype', 'arch', 'not-arch', 'dib_python_version', 'when'],
];

function unionFault(): string {
  return 'has to be a statement such as "NAME = value" or "NAME != value", or a list of them';
}

/**
 * Reads the `package-installs.json` and `package-installs.yaml` of the elements and of every folder that these hide on the search path.
 * @throws IngotError `DEFINITION_INVALID` with every fault in every file
 */
export async function readPackageWishes(elements: readonly Element[]): Promise<PackageWishes> {
  const read = await readPackageInstalls(elements);
  throwIssues('package-installs', read.issues);
  return read;
}

/** Reads as `readPackageWishes`; what is wrong, or has no effect, is part of the result. */
export async function readPackageInstalls(elements: readonly Element[]): Promise<PackageWishes> {
  const candidates = elements.flatMap(({ name, path, hides }) =>
    [path, ...hides].flatMap((folder) =>
      FILE_NAMES.map((fileName) => ({ element: name, file: join(folder, fileName) })),
    ),
  );
  const read = await Promise.all(
    candidates.map(async ({ element, file }) => {
      const content = readTextIfPresent(file);
      return content === undefined ? [] : parsePackageInstalls(element, file, content);
    }),
  );
  const files = read.flat();
  return {
    wishes: files.flatMap(({ wishes }) => wishes),
    warnings: files.flatMap(({ warnings }) => warnings),
    issues: files.flatMap(({ issues }) => issues),
  };
}

/** Reads the text of one `package-installs` file. */
export function parsePackageInstalls(element: string, file: string, content: string): PackageWishes {
  const definition = parseDefinition(file, content);
  const wishes: PackageWish[] = [];
  const issues: Issue[] = [...definition.issues];
  const warnings: Issue[] = [];
  const top = z
    .record(z.string(), z.unknown(), { error: 'has to be a map from names of packages to their keys' })
    .safeParse(definition.value ?? {});
  if (!top.success) return { wishes, warnings, issues: [...issues, ...schemaIssues(definition, top.error)] };
  for (const [name, value] of Object.entries(top.data)) {
    for (const { wish, path } of wishesOf(name, value)) {
      const parsed = WishFile.safeParse(wish);
      if (parsed.success) {
        wishes.push(toWish(element, name, parsed.data, path, definition));
        warnings.push(...warningsOf(name, parsed.data, path, definition));
      } else {
        const error = new z.ZodError(
          parsed.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })),
        );
        issues.push(...schemaIssues(definition, error));
      }
    }
  }
  return { wishes, warnings, issues };
}

/** Nothing, an empty map and an empty list all mean a plain installation. */
function wishesOf(name: string, value: unknown): readonly { wish: unknown; path: readonly PropertyKey[] }[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((wish, index) => ({ wish: wish ?? {}, path: [name, index] }));
  }
  const isNothing = value === null || value === undefined || value === '' || value === false || Array.isArray(value);
  return [{ wish: isNothing ? {} : value, path: [name] }];
}

function toWish(
  element: string,
  name: string,
  wish: WishFile,
  path: readonly PropertyKey[],
  definition: DefinitionFile,
): PackageWish {
  const isList = Array.isArray(wish.when);
  const statements = wish.when === undefined ? [] : [wish.when].flat();
  return {
    element,
    package: name,
    phase: wish.phase ?? 'install.d',
    // the presence of the key counts, whatever its value
    kind: 'build-only' in wish ? 'build-only' : 'uninstall' in wish ? 'uninstall' : 'install',
    arch: wish.arch,
    notArch: wish['not-arch'],
    installType: wish.installtype,
    pythonVersion: wish.dib_python_version === undefined ? undefined : String(wish.dib_python_version),
    conditions: statements.flatMap((statement, index) =>
      toCondition(statement, definition.placeOf([...path, 'when', ...(isList ? [index] : [])])),
    ),
    place: definition.placeOf(path),
  };
}

function toCondition(statement: string, place: SourcePlace): readonly Condition[] {
  const [, variable, operator, value = ''] = CONDITION.exec(statement) ?? [];
  if (variable === undefined) return [];
  return [{ variable, operator: operator === '=' ? '=' : '!=', value, place }];
}

function warningsOf(
  name: string,
  wish: WishFile,
  path: readonly PropertyKey[],
  definition: DefinitionFile,
): readonly Issue[] {
  const warn = (key: string, message: string): Issue => ({ message, place: definition.placeOf([...path, key]) });
  const unknown = Object.keys(wish).filter((key) => !KNOWN_KEYS.includes(key));
  const spaced = (['arch', 'not-arch'] as const).filter((key) =>
    wish[key]?.split(',').some((arch) => arch !== arch.trim()),
  );
  const phase = wish.phase ?? 'install.d';
  return [
    ...unknown.map((key) => warn(key, `Package ${name}: the key ${key} means nothing. Keys: ${KNOWN_KEYS.join(', ')}`)),
    ...spaced.map((key) =>
      warn(key, `Package ${name}: a name in ${key} with a blank around it never matches. Remove the blank`),
    ),
    ...(PHASES_WITH_PACKAGES.includes(phase)
      ? []
      : [
          warn(
            'phase',
            `Package ${name}: nothing is installed in ${phase}. Phases: ${PHASES_WITH_PACKAGES.join(', ')}`,
          ),
        ]),
    ...(['uninstall', 'build-only'] as const)
      .filter((key) => /^(false|no|off)$/i.test(String(wish[key])))
      .map((key) => warn(key, `Package ${name}: ${key} counts when it is present, even as false. Remove the key`)),
  ];
}
