import { constants } from 'node:fs';
import { join } from 'node:path';
import { IngotError } from '../model/error.ts';
import { isThere } from './is-there.ts';
import { HOST_TOOLS, type HostTool } from './tools.ts';

/** Folders that are searched behind those of PATH: system tools are often missing from a user's own. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'] as const;

/**
 * Absolute path of a program; undefined when there is none.
 * @param path the caller's `PATH`
 */
export async function findProgram(command: string, path: string): Promise<string | undefined> {
  for (const folder of [...path.split(':').filter((entry) => entry !== ''), ...SYSTEM_FOLDERS]) {
    const candidate = join(folder, command);
    if (isThere(candidate, constants.X_OK)) return candidate;
  }
  return undefined;
}

/** True where a tool of the table is there: its program on PATH, or the file that stands for it. */
export async function hasTool(tool: HostTool, path: string): Promise<boolean> {
  if (tool.file !== undefined) return isThere(tool.file);
  return (await findProgram(tool.command, path)) !== undefined;
}

/**
 * Makes sure that programs are installed before work begins.
 * @param need what needs them, for the message: `the formats qcow2, tgz`
 * @param path the caller's `PATH`
 * @throws IngotError `TOOL_MISSING` naming every missing program and its package
 */
export async function requireTools(commands: readonly string[], need: string, path: string): Promise<void> {
  const missing: string[] = [];
  for (const command of commands) if ((await findProgram(command, path)) === undefined) missing.push(command);
  if (missing.length === 0) return;
  const packages = new Set(HOST_TOOLS.filter((tool) => missing.includes(tool.command)).map((tool) => tool.package));
  throw new IngotError('TOOL_MISSING', `Not installed, and needed for ${need}: ${missing.join(', ')}`, {
    hint: packages.size === 0 ? undefined : `Install ${[...packages].join(' ')}, or run: ingot doctor --install`,
  });
}
