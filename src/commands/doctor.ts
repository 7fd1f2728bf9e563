import type { Command } from 'commander';
import { checkMachine, type MachineFact } from '../host/machine-check.ts';
import { ownPrivilege, type Privilege } from '../host/namespaces.ts';
import { runForStatus } from '../host/process.ts';
import { findProgram, hasTool } from '../host/tool-check.ts';
import { HOST_TOOLS, type HostTool } from '../host/tools.ts';
import { IngotError } from '../model/error.ts';
import type { Caller } from './caller.ts';
import type { IngotSession } from './ingot-session.ts';
import { kvmMemory } from './machine-folder.ts';

/** What `ingot doctor` found. */
export interface Diagnosis {
  readonly tools: readonly (HostTool & { readonly isPresent: boolean })[];
  readonly machine: readonly MachineFact[];
  /** True when every kind of image can be built. */
  readonly canBuild: boolean;
}

interface DoctorValues {
  readonly install?: boolean;
  readonly json?: boolean;
}

/** Adds `ingot doctor` to the program. */
export function registerDoctor(program: Command, session: IngotSession): void {
  program
    .command('doctor')
    .description('say whether this machine can build and boot images, and what it lacks')
    .option('--install', 'install the missing programs with apt-get')
    .option('--json', 'print the findings as JSON')
    .action(async (values: DoctorValues) => {
      const { caller } = session;
      if (values.install === true) await installMissing(caller);
      const diagnosis = await diagnose(caller, ownPrivilege());
      caller.stdout.write(
        values.json === true ? `${JSON.stringify(diagnosis, undefined, 2)}\n` : diagnosisText(diagnosis),
      );
      session.setStatus(diagnosis.canBuild ? 0 : 1);
    });
}

/** Looks at programs and kernel. */
export async function diagnose(caller: Caller, privilege: Privilege): Promise<Diagnosis> {
  const path = caller.environment.PATH ?? '';
  const tools = await Promise.all(HOST_TOOLS.map(async (tool) => ({ ...tool, isPresent: await hasTool(tool, path) })));
  const machine = await checkMachine(privilege, kvmMemory(caller));
  const lacksTool = tools.some((tool) => !tool.isPresent && isNeeded(tool, privilege));
  return { tools, machine, canBuild: !lacksTool && machine.every((fact) => fact.verdict !== 'missing') };
}

function isNeeded(tool: HostTool, privilege: Privilege): boolean {
  return tool.use === 'build' || (tool.use === 'rootless' && privilege === 'user-namespace');
}

/** True for what `--install` installs when it is missing. */
function isInstalled(tool: HostTool): boolean {
  return tool.use !== 'service';
}

/** The findings for people. */
export function diagnosisText({ tools, machine, canBuild }: Diagnosis): string {
  const toolRows = tools.map((tool) => [
    tool.isPresent ? 'ok' : 'MISSING',
    tool.file ?? tool.command,
    tool.package,
    tool.feature,
  ]);
  const factRows = machine.map((fact) => [FACT_WORDS[fact.verdict], fact.name, fact.detail]);
  const hints = machine.flatMap(({ name, hint }) => (hint === undefined ? [] : [`${name}: ${hint}`]));
  const packages = [
    ...new Set(tools.filter((tool) => !tool.isPresent && isInstalled(tool)).map((tool) => tool.package)),
  ];
  return [
    ...table([['', 'PROGRAM', 'PACKAGE', 'NEEDED FOR'], ...toolRows]),
    '',
    ...table([['', 'MACHINE', 'FOUND'], ...factRows]),
    '',
    ...hints,
    ...(packages.length === 0 ? [] : [`Install what is missing with: ingot doctor --install (${packages.join(' ')})`]),
    canBuild ? 'This machine can build images.' : 'This machine cannot build every image yet.',
    '',
  ].join('\n');
}

const FACT_WORDS = { fine: 'ok', limited: 'limited', missing: 'MISSING' } as const satisfies Record<
  MachineFact['verdict'],
  string
>;

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

async function installMissing(caller: Caller): Promise<void> {
  const path = caller.environment.PATH ?? '';
  const missing = new Set<string>();
  for (const tool of HOST_TOOLS.filter(isInstalled)) if (!(await hasTool(tool, path))) missing.add(tool.package);
  if (missing.size === 0) return;
  const packages = [...missing].sort();
  if ((await findProgram('apt-get', path)) === undefined)
    throw new IngotError('TOOL_MISSING', `This machine has no apt-get to install ${packages.join(', ')} with`, {
      hint: 'Install what Debian has in these packages with the package manager of the machine.',
    });
  const asRoot = await rootCommand(packages, path);
  caller.stderr.write(`Installing ${packages.join(' ')}\n`);
  await apt(asRoot, ['update', '-q']);
  await apt(asRoot, ['install', '-q', '-y', '--no-install-recommends', ...packages]);
}

/** Words that make a command run as root. */
async function rootCommand(packages: readonly string[], path: string): Promise<readonly string[]> {
  if (ownPrivilege() === 'root') return [];
  if ((await findProgram('sudo', path)) !== undefined) return ['sudo'];
  throw new IngotError('TOOL_MISSING', 'Installing programs needs root, and there is no sudo', {
    hint: `Run as root: apt-get install ${packages.join(' ')}`,
  });
}

async function apt(asRoot: readonly string[], words: readonly string[]): Promise<void> {
  const [command = '', ...args] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...words];
  const { status } = await runForStatus(command, args, { isInteractive: true });
  if (status === 0) return;
  throw new IngotError('TOOL_FAILED', `apt-get ${words[0]} ended with status ${status}`, {
    hint: 'Its own messages are above. See that the machine has its package sources and a network.',
  });
}
