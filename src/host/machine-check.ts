import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { formatBytes, GIB } from '../model/bytes.ts';
import { toErrorReport } from '../model/error.ts';
import { probeKvm } from './kvm.ts';
import { availableMemory } from './memory.ts';
import { inNamespaces, type Privilege } from './namespaces.ts';
import { runForStatus } from './process.ts';

/** What the machine itself offers, beside programs. */
export interface MachineFact {
  readonly name: string;
  /** `missing` stops builds, `limited` makes something slower or impossible, `fine` does neither. */
  readonly verdict: 'fine' | 'limited' | 'missing';
  /** What was found, for people. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Sub-uids that a user needs so that the users of any package keep their ids. */
const WANTED_SUBIDS = 65_535;
/** Free memory from which on builds work in RAM. */
const COMFORTABLE_MEMORY = 2 * GIB;

/**
 * Looks at what a build needs of the kernel and its settings.
 * @param kvmMemory file that keeps the verdict on KVM
 */
export async function checkMachine(privilege: Privilege, kvmMemory: string): Promise<MachineFact[]> {
  const namespaces = await checkNamespaceFact(privilege);
  return [
    namespaces,
    namespaces.verdict === 'fine' ? await checkOverlay(privilege) : UNTRIED_OVERLAY,
    ...(privilege === 'root' ? [] : [await checkSubids('/etc/subuid'), await checkSubids('/etc/subgid')]),
    await checkKvm(kvmMemory),
    await checkMemory(),
  ];
}

async function checkNamespaceFact(privilege: Privilege): Promise<MachineFact> {
  const name = privilege === 'root' ? 'mount and PID namespaces' : 'user namespaces';
  const [command = '', ...args] = inNamespaces(privilege, ['true']);
  const refusal = await failureOf(command, args);
  if (refusal === undefined) return { name, verdict: 'fine', detail: 'the kernel makes them' };
  if (/subuid|subgid/.test(refusal)) return { name, verdict: 'missing', detail: refusal, hint: 'They need sub-uids.' };
  const hint =
    privilege === 'root'
      ? 'In a container, run it privileged.'
      : 'Set kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0 with sysctl, or build as root.';
  return { name, verdict: 'missing', detail: refusal, hint };
}

const UNTRIED_OVERLAY: MachineFact = {
  name: 'overlayfs',
  verdict: 'missing',
  detail: 'not tried: it is mounted inside the namespaces',
};

async function checkOverlay(privilege: Privilege): Promise<MachineFact> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-overlay-'));
  const overlay = ['mount', '-t', 'overlay', '-o', 'lowerdir=/usr:/etc', 'ingot', folder];
  const [command = '', ...args] = inNamespaces(privilege, overlay);
  const refusal = await failureOf(command, args);
  await rm(folder, { recursive: true });
  if (refusal === undefined) return { name: 'overlayfs', verdict: 'fine', detail: 'the kernel mounts it' };
  const hint = 'Load the module overlay. User namespaces may mount it from Linux 5.11 on.';
  return { name: 'overlayfs', verdict: 'missing', detail: refusal, hint };
}

/** The complaint of a command; undefined when it succeeds. */
async function failureOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { status, tail } = await runForStatus(command, args);
    return status === 0 ? undefined : (tail.at(-1) ?? `${command} ended with status ${status}`);
  } catch (error) {
    return toErrorReport(error).message;
  }
}

async function checkSubids(file: string): Promise<MachineFact> {
  const { username, uid } = userInfo();
  const table = await readFile(file, 'utf8').catch(() => '');
  const count = subidCount(table, [username, String(uid)]);
  const detail = `${count} ids for ${username}`;
  if (count >= WANTED_SUBIDS) return { name: file, verdict: 'fine', detail };
  const option = file.endsWith('subuid') ? '--add-subuids' : '--add-subgids';
  return { name: file, verdict: 'missing', detail, hint: `Run as root: usermod ${option} 100000-165535 ${username}` };
}

/** Ids that a table of subordinate ids gives to any of these owners; see subuid(5). */
export function subidCount(table: string, owners: readonly string[]): number {
  const rows = table.split('\n').map((line) => line.split(':'));
  return rows
    .filter(([owner = '']) => owners.includes(owner))
    .reduce((sum, [, , count]) => sum + Number(count ?? 0), 0);
}

async function checkKvm(memory: string): Promise<MachineFact> {
  try {
    const { works, reason } = await probeKvm(memory);
    if (works) return { name: 'KVM', verdict: 'fine', detail: 'a guest runs with it' };
    const remedy = /Permission denied/.test(reason) ? ' Joining the group kvm may help.' : '';
    const hint = `ingot boot emulates the processor, which is slow.${remedy}`;
    return { name: 'KVM', verdict: 'limited', detail: reason, hint };
  } catch (error) {
    return { name: 'KVM', verdict: 'limited', detail: `not tried: ${toErrorReport(error).message}` };
  }
}

async function checkMemory(): Promise<MachineFact> {
  const free = await availableMemory();
  const detail = `${formatBytes(free)} free`;
  if (free >= COMFORTABLE_MEMORY) return { name: 'memory', verdict: 'fine', detail };
  return {
    name: 'memory',
    verdict: 'limited',
    detail,
    hint: 'Builds work on the disk instead of in memory, which is slower.',
  };
}
