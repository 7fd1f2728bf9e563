import { BUNDLED_ELEMENTS } from '../elements/bundled-elements.ts';
import { elementEnvironmentText, elementNamesText } from '../elements/element-info.ts';
import { readLibrary } from '../elements/element-library.ts';
import { expandElements } from '../elements/expand-elements.ts';
import { exitStatusOf, toErrorReport } from '../model/error.ts';
import { elementsPathOf } from '../spec/build-request.ts';
import { ELEMENT_INFO_HELP, parseElementInfo } from '../spec/element-info.ts';
import type { Caller } from './caller.ts';
import { complain } from './error-text.ts';

/**
 * The command `element-info`.
 * @returns the exit status: 0, or 1 for any fault
 */
export async function main(caller: Caller): Promise<number> {
  try {
    caller.stdout.write(await elementInfo(caller));
    return 0;
  } catch (error) {
    const report = toErrorReport(error);
    complain(caller, caller.command, report);
    return exitStatusOf(report);
  }
}

async function elementInfo(caller: Caller): Promise<string> {
  const call = parseElementInfo(caller.words);
  if (call.kind === 'help') return ELEMENT_INFO_HELP;
  const searchPath = elementsPathOf(caller.environment, caller.workingFolder);
  const library = readLibrary(searchPath, BUNDLED_ELEMENTS);
  const elements = expandElements(call.elements, library);
  return call.kind === 'names' ? elementNamesText(elements) : elementEnvironmentText(elements);
}
