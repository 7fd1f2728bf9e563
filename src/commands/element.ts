import path from 'node:path';
import { type Command, Option } from 'commander';
import { readAssertions } from '../assertions/read-assertions.ts';
import { BUNDLED_ELEMENTS } from '../elements/bundled-elements.ts';
import { elementFacts } from '../elements/element-facts.ts';
import { elementGraph } from '../elements/element-graph.ts';
import { type ElementLibrary, readLibrary } from '../elements/element-library.ts';
import { listElements } from '../elements/element-list.ts';
import { findElementPlace } from '../elements/element-places.ts';
import { findTestFolders } from '../elements/element-tests.ts';
import { lintElements } from '../elements/lint.ts';
import type { LintFault } from '../elements/lint-file.ts';
import { makeElement } from '../elements/new-element.ts';
import { requireElement } from '../elements/require-element.ts';
import { readTextIfPresent } from '../host/optional-file.ts';
import { IngotError } from '../model/error.ts';
import { elementListText } from '../report/element-list-text.ts';
import { elementText } from '../report/element-text.ts';
import { GRAPH_FORMATS, type GraphFormat, graphText } from '../report/graph-text.ts';
import { elementsPathOf } from '../spec/build-request.ts';
import type { Caller } from './caller.ts';
import { tellFaults } from './dib-lint.ts';
import type { IngotSession } from './ingot-session.ts';

/** Adds `ingot element` with its subcommands to the program: what authors of elements need beside tests. */
export function registerElement(program: Command, session: IngotSession): void {
  const { caller } = session;
  const command = program.command('element').description('make, check and look into elements');
  command
    .command('new')
    .description('make an element that builds and has a test, to start from')
    .argument('<folder>', 'folder to make; its last part is the name of the element')
    .option('--system <element>', 'operating system that its test builds on', 'debian-minimal')
    .action(
      async (folder: string, values: { readonly system: string }) => await makeNew(caller, folder, values.system),
    );
  command
    .command('lint')
    .description('check elements for common mistakes, as dib-lint does')
    .argument('[folder...]', 'elements, or folders of elements; those of ELEMENTS_PATH unless given')
    .action(async (folders: readonly string[]) => session.setStatus(await lint(caller, folders)));
  command
    .command('list')
    .description('list the elements that there are, or those that some words lead to')
    .argument('[word...]', 'has to stand in the name, the summary, a provided name or a variable, in whatever case')
    .option('--json', 'print the list as JSON')
    .action(async (words: readonly string[], { json }: { readonly json?: boolean }) =>
      session.setStatus(await list(caller, words, json === true)),
    );
  command
    .command('info')
    .description('tell what an element needs, has and does')
    .argument('<element>', 'name of an element')
    .option('--json', 'print it as JSON')
    .action(async (name: string, { json }: { readonly json?: boolean }) => {
      const library = await libraryOf(caller);
      const facts = await elementFacts(requireElement(name, library), library);
      caller.stdout.write(json === true ? `${JSON.stringify(facts, undefined, 2)}\n` : elementText(facts));
    });
  command
    .command('graph')
    .description('draw which elements lead to which')
    .argument('<element...>', 'elements; one that provides an operating system is not needed')
    .addOption(new Option('--format <format>', 'how to draw').choices(GRAPH_FORMATS).default('text'))
    .action(async (names: readonly string[], { format }: { readonly format: GraphFormat }) => {
      caller.stdout.write(graphText(elementGraph(names, await libraryOf(caller)), format));
    });
}

async function makeNew(caller: Caller, folder: string, system: string): Promise<void> {
  const library = await libraryOf(caller);
  requireElement(system, library);
  const target = path.resolve(caller.workingFolder, folder);
  const name = path.basename(target);
  const files = await makeElement(target, system);
  caller.stdout.write(files.map((file) => `${path.join(folder, file)}\n`).join(''));
  const other = library.elements.get(name);
  if (other !== undefined)
    caller.stderr.write(`ingot: warning: ${other.path} has the same name; the one that is found first is used\n`);
}

async function lint(caller: Caller, folders: readonly string[]): Promise<number> {
  const given = folders.length > 0 ? folders : elementsPathOf(caller.environment, caller.workingFolder);
  if (given.length === 0)
    throw new IngotError('USAGE', 'No element is named, and ELEMENTS_PATH is not set', {
      hint: 'Name an element or a folder of elements, such as: ingot element lint my-elements',
    });
  const places = await Promise.all(given.map(findElementPlace));
  const of = (isElement: boolean) =>
    places.filter((place) => place.isElement === isElement).map(({ folder }) => folder);
  const { faults, uncheckedPython } = await lintElements({
    ...{ libraries: of(false), elements: of(true), environment: caller.environment },
    toxIni: readTextIfPresent(path.join(caller.workingFolder, 'tox.ini')) ?? '',
  });
  const tested = await Promise.all(places.flatMap(({ elements }) => elements).map(assertionFaults));
  return tellFaults(caller, { faults: [...faults, ...tested.flat()], uncheckedPython });
}

/** @returns the exit status: 1 where no element has the words */
async function list(caller: Caller, words: readonly string[], asJson: boolean): Promise<number> {
  const elements = await listElements(await libraryOf(caller), words);
  caller.stdout.write(
    asJson ? `${JSON.stringify(elements, undefined, 2)}\n` : elementListText(elements, caller.stdout.columns),
  );
  if (elements.length > 0) return 0;
  caller.stderr.write('ingot: no element has all of these words\n');
  return 1;
}

/** What is wrong with what the tests of an element assert. */
async function assertionFaults(element: string): Promise<readonly LintFault[]> {
  const read = await Promise.all((await findTestFolders(element)).map(readAssertions));
  return read.flatMap(({ issues }) => issues.map((issue) => ({ ...issue, check: 'assertions' })));
}

async function libraryOf(caller: Caller): Promise<ElementLibrary> {
  return readLibrary(elementsPathOf(caller.environment, caller.workingFolder), BUNDLED_ELEMENTS);
}
