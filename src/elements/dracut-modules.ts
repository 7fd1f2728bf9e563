import { z } from 'zod';
import { parseDefinition, schemaIssues } from '../yaml/definition-file.ts';
import { throwIssues } from './definition-issues.ts';
import type { ElementAnswer, ElementCall } from './request-answers.ts';

const VARIABLE = 'DIB_DRACUT_ENABLED_MODULES';

const word = (what: string) =>
  z.string({ error: `has to be the name of a ${what}` }).regex(/^\S+$/, { error: `has to be the name of a ${what}` });

const Modules = z.array(
  z.strictObject(
    {
      name: word('module of dracut'),
      packages: z.array(word('package'), { error: 'has to be a list of packages' }).default([]),
    },
    { error: 'has to be a map with the name of a module and, where needed, a list of packages; nothing else' },
  ),
  { error: 'has to be a list of modules' },
);

/**
 * Answers `dracut-modules`: of the YAML in the hook's input, prints a line `module NAME` for each module and `package NAME` for each of its
 * packages.
 * @throws IngotError `DEFINITION_INVALID` with every fault at its line of the variable
 */
export function answerDracutModules({ input }: Pick<ElementCall, 'input'>): ElementAnswer {
  const definition = parseDefinition(VARIABLE, input);
  throwIssues(VARIABLE, definition.issues);
  const parsed = Modules.safeParse(definition.value ?? []);
  if (!parsed.success) throwIssues(VARIABLE, schemaIssues(definition, parsed.error));
  const lines = (parsed.data ?? []).flatMap(({ name, packages }) => [
    `module ${name}\n`,
    ...packages.map((wanted) => `package ${wanted}\n`),
  ]);
  return { status: 0, stdout: lines.join(''), stderr: '' };
}
