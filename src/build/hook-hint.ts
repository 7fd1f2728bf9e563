import { packageOfTool } from '../host/tools.ts';
import { PHASES, type Phase } from '../model/phase.ts';

/** How bash says that the program of a script's first line is not there. */
const LACKS_INTERPRETER = /cannot execute: required file not found|bad interpreter/;

/** How shells say that there is no program of a name. */
const LACKS_PROGRAM = /: ([\w.+-]+): (?:command )?not found$/;

/** The status of a shell for a program that is not there. */
const NOT_FOUND = 127;

/** What a person can do about a hook that failed, as far as its end tells. @param tail last lines of its output */
export function hookHint(
  phase: Phase,
  { status, tail }: { readonly status: number; readonly tail: readonly string[] },
): string {
  if (LACKS_INTERPRETER.test(tail.join('\n')))
    return 'The first line of the hook names a program that is not there: in phases of the chroot it has to be in the tree. An element has to install it in an earlier phase.';
  const line = status === NOT_FOUND ? tail.findLast((text) => LACKS_PROGRAM.test(text)) : undefined;
  const program = LACKS_PROGRAM.exec(line ?? '')?.[1];
  if (program === undefined)
    return 'Mend the hook and run the same command again: it goes on from the last good layer. To look around in the tree, set break=after-error.';
  if (PHASES[phase].side === 'chroot')
    return `The tree has no program ${program}: an element has to install the package that brings it in an earlier phase.`;
  const name = packageOfTool(program);
  return `This machine has no program ${program}, which the element needs. Install ${name === undefined ? 'it' : `the package ${name}`} and run the same command again.`;
}
