import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BUNDLED_ELEMENTS } from '../elements/bundled-elements.ts';
import { readLibrary } from '../elements/element-library.ts';
import { expandElements } from '../elements/expand-elements.ts';
import { IngotError, type Issue, type SourcePlace } from '../model/error.ts';
import type { BuildRequest } from '../model/request.ts';
import { composeElements } from '../plan/compose.ts';
import { type DiskImageCreateCall, parseDiskImageCreate } from '../spec/disk-image-create.ts';
import { type ImageCommand, imageCommand, optionTextOf } from '../spec/image-command.ts';
import { type ImageDefinition, type ImageFileText, readImages, throwImageIssues } from '../spec/image-file.ts';
import { IMAGE_KEY_NAMES } from '../spec/image-file-keys.ts';
import type { Caller } from './caller.ts';
import { readHostFacts } from './host-facts.ts';

/** An image of a file and the command that builds it. */
export interface ImageBuild {
  readonly image: ImageDefinition;
  readonly command: ImageCommand;
}

/** An image build whose command line was understood. */
export interface CheckedImageBuild extends ImageBuild {
  readonly call: Extract<DiskImageCreateCall, { readonly kind: 'build' }>;
  /** The caller as the build sees it: with the variables of the image. */
  readonly caller: Caller;
}

/**
 * Reads the images of files.
 * @throws IngotError `IMAGE_FILE_INVALID` with every fault in every file
 */
export async function readImageBuilds(caller: Caller, files: readonly string[]): Promise<readonly ImageBuild[]> {
  const texts: ImageFileText[] = [];
  const unreadable: Issue[] = [];
  for (const file of files) {
    const text = await readFile(path.resolve(caller.workingFolder, file), 'utf8').catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      unreadable.push({ message: `The file cannot be read: ${reason}`, place: { file } });
      return undefined;
    });
    if (text !== undefined) texts.push({ file, text });
  }
  throwImageIssues(unreadable);
  return readImages(texts).map((image) => ({ image, command: imageCommand(image) }));
}

/**
 * Checks every image before the first is built: its options, and that its elements are there.
 * @throws IngotError `IMAGE_FILE_INVALID` with every fault of every image
 */
export async function checkImageBuilds(
  caller: Caller,
  builds: readonly ImageBuild[],
): Promise<readonly CheckedImageBuild[]> {
  const facts = await readHostFacts(caller);
  const issues: Issue[] = [];
  const checked: CheckedImageBuild[] = [];
  for (const { image, command } of builds) {
    const environment = { ...caller.environment, ...command.environment };
    const ownCaller: Caller = { ...caller, command: command.command, words: command.words, environment };
    try {
      const call = parseDiskImageCreate({ ...ownCaller, facts, ownVariables: Object.keys(command.environment) });
      if (call.kind !== 'build') throw new IngotError('USAGE', `"elements" has the option --${call.kind}`);
      await checkElements(call.request);
      checked.push({ image, command, call, caller: ownCaller });
    } catch (error) {
      if (!(error instanceof IngotError)) throw error;
      issues.push(...imageIssues(image, error));
    }
  }
  throwImageIssues(issues);
  return checked;
}

async function checkElements(request: BuildRequest): Promise<void> {
  expandElements(composeElements(request), readLibrary(request.elementsPath, BUNDLED_ELEMENTS));
}

function imageIssues(image: ImageDefinition, { message, details, hint, kind }: IngotError): readonly Issue[] {
  const issues = details.issues ?? [{ message, hint, place: details.place }];
  const fallback = kind === 'definition' ? image.places.elements : undefined;
  return issues.map((issue) => ({
    message: `Image ${image.name}: ${issue.message}`,
    hint: issue.hint ?? hint,
    place: issue.place ?? placeOfOption(image, issue.message) ?? fallback ?? image.place,
  }));
}

/** Faults of an option begin with its name. */
function placeOfOption(image: ImageDefinition, message: string): SourcePlace | undefined {
  const key = IMAGE_KEY_NAMES.find((name) => message.startsWith(`${optionTextOf(name)} `));
  return key === undefined ? undefined : image.places[key];
}
