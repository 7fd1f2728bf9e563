import { z } from 'zod';
import type { Issue } from '../model/error.ts';
import { type DefinitionFile, parseDefinition, schemaIssues } from '../yaml/definition-file.ts';
import type { Assertion } from './assertion.ts';

const text = (what: string) => z.string({ error: `has to be ${what}` });
const Texts = z.preprocess(
  (value) => (value === undefined ? value : [value].flat().map((one) => (typeof one === 'number' ? String(one) : one))),
  z.array(text('a text or a list of texts').min(1, { error: 'must not be empty' })).default([]),
);
const Owner = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  text('a name or a number').optional(),
);

/** `0644` is a number for YAML, written without its zero. */
const Mode = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  text('octal digits such as 0644')
    .regex(/^[0-7]{1,4}$/, { error: 'has to be octal digits such as 0644' })
    .transform((digits) => digits.padStart(4, '0'))
    .optional(),
);

const FILE_STATES = 'has to be present, absent, or a map with type, mode, owner, group, target, contains and lacks';
const FileEntry = z.preprocess(
  (value) => (value === null || value === 'present' ? {} : value === 'absent' ? { state: 'absent' } : value),
  z
    .strictObject(
      {
        state: z.literal(['present', 'absent'], { error: 'has to be present or absent' }).optional(),
        type: z.enum(['file', 'folder', 'link'], { error: 'has to be file, folder or link' }).optional(),
        mode: Mode,
        owner: Owner,
        group: Owner,
        target: text('the text of a link').optional(),
        contains: Texts,
        lacks: Texts,
      },
      { error: FILE_STATES },
    )
    .refine(({ state, contains, lacks, ...traits }) => state !== 'absent' || isEmpty(traits, contains, lacks), {
      error: 'is to be absent and to have traits; keep one of the two',
    }),
);

const STATUSES = Array.from({ length: 256 }, (_, status) => status);
const CommandEntry = z.strictObject(
  {
    run: text('a command for /bin/sh').min(1, { error: 'must not be empty' }),
    status: z.literal(STATUSES, { error: 'has to be an exit status from 0 to 255' }).default(0),
    prints: Texts,
  },
  { error: 'has to be a map with run, and if need be status and prints' },
);

const AssertionsFile = z.strictObject(
  {
    files: z
      .record(z.string().regex(/^\//), FileEntry, {
        error: ({ code }) =>
          code === 'invalid_key'
            ? 'has to be an absolute path inside the image'
            : 'has to be a map from paths to what is there',
      })
      .default({}),
    packages: z
      .record(z.string(), z.enum(['installed', 'absent'], { error: 'has to be installed or absent' }), {
        error: 'has to be a map from packages to installed or absent',
      })
      .default({}),
    services: z
      .record(
        z.string(),
        z.enum(['enabled', 'disabled', 'masked', 'static'], {
          error: 'has to be enabled, disabled, masked or static',
        }),
        { error: 'has to be a map from services to enabled, disabled, masked or static' },
      )
      .default({}),
    commands: z.array(CommandEntry, { error: 'has to be a list of commands' }).default([]),
  },
  { error: 'has to be a map with files, packages, services and commands' },
);

/** Reads the text of an `assertions.yaml`. What is wrong with it is part of the result. */
export function parseAssertions(
  file: string,
  content: string,
): { readonly assertions: readonly Assertion[]; readonly issues: readonly Issue[] } {
  const definition = parseDefinition(file, content, { hasUniqueKeys: true });
  if (definition.issues.length > 0) return { assertions: [], issues: definition.issues };
  const parsed = AssertionsFile.safeParse(definition.value);
  if (!parsed.success) return { assertions: [], issues: schemaIssues(definition, withKeys(parsed.error)) };
  const assertions = toAssertions(parsed.data, definition);
  const issues = assertions.length > 0 ? [] : [{ message: 'The file asserts nothing', place: definition.placeOf([]) }];
  return { assertions, issues };
}

/** Each unknown key as an issue of its own, at its place. */
function withKeys(error: z.ZodError): z.ZodError {
  const issues = error.issues.flatMap((issue) =>
    issue.code !== 'unrecognized_keys'
      ? [issue]
      : issue.keys.map((key) => ({
          ...{ code: 'custom' as const, message: 'means nothing here', input: undefined },
          path: [...issue.path, key],
        })),
  );
  return new z.ZodError(issues);
}

function toAssertions(
  { files, packages, services, commands }: z.infer<typeof AssertionsFile>,
  { placeOf }: DefinitionFile,
): readonly Assertion[] {
  return [
    ...Object.entries(files).map(([path, { state, ...traits }]) => ({
      ...traits,
      ...{ kind: 'file' as const, path, isAbsent: state === 'absent', place: placeOf(['files', path]) },
    })),
    ...Object.entries(packages).map(([name, state]) => ({
      ...{ kind: 'package' as const, name, state, place: placeOf(['packages', name]) },
    })),
    ...Object.entries(services).map(([name, state]) => ({
      ...{ kind: 'service' as const, name, state, place: placeOf(['services', name]) },
    })),
    ...commands.map((command, index) => ({
      ...command,
      ...{ kind: 'command' as const, place: placeOf(['commands', index]) },
    })),
  ];
}

function isEmpty(traits: Readonly<Record<string, unknown>>, ...lists: readonly (readonly string[])[]): boolean {
  return Object.values(traits).every((trait) => trait === undefined) && lists.every((list) => list.length === 0);
}
