import { readFileSync } from 'node:fs';

/** Length of a clock tick of proc(5) in ms: Linux reports times to programs in hundredths of a second on every machine. */
const TICK_MS = 10;

/** CPU time, in ms, that this process and the children it has waited for have used so far, with their children. */
export function usedCpuMs(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The second field is the program's name in parentheses, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
  return ((user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0)) * TICK_MS;
}
