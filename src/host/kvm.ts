import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from './atomic-file.ts';
import { runForStatus } from './process.ts';

/** Whether virtual machines can use the processor's own support. */
export interface KvmVerdict {
  readonly works: boolean;
  /** Why not; empty where it works. */
  readonly reason: string;
}

/** Time that a machine without a disk gets to say so. With KVM it takes a tenth of a second. */
const PROBE_MS = 3000;
/** The last words of SeaBIOS when it found nothing to start. To get there it ran in all modes of the processor. */
const PROOF = 'No bootable device';

/**
 * Finds out whether KVM works by running a machine with it: on some hosts `/dev/kvm` opens and guests crash all the same.
 * @param memory file that keeps the verdict until the next start of this machine; its folder is made. Undefined asks anew
 */
export async function probeKvm(memory?: string): Promise<KvmVerdict> {
  const machine = await whoAsks();
  const known = memory === undefined ? undefined : await recall(memory, machine);
  if (known !== undefined) return known;
  const verdict = await runProbe();
  // Remembering saves half a second; where it fails nothing is lost.
  if (memory !== undefined) await remember(memory, JSON.stringify({ machine, ...verdict })).catch(() => {});
  return verdict;
}

/** The verdict holds for one start of the machine and for the rights of one user. */
async function whoAsks(): Promise<string> {
  const start = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return [start, process.geteuid?.(), ...(process.getgroups?.() ?? [])].join(' ');
}

async function runProbe(): Promise<KvmVerdict> {
  const controller = new AbortController();
  const said: string[] = [];
  const timer = setTimeout(() => controller.abort(), PROBE_MS);
  const onLine = (line: string): void => {
    said.push(line);
    if (line.includes(PROOF)) controller.abort();
  };
  try {
    await runForStatus('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...PROBE_MACHINE], {
      onLine,
      signal: controller.signal,
    });
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  if (said.some((line) => line.includes(PROOF))) return { works: true, reason: '' };
  const complaint =
    said.find((line) => line.startsWith('qemu-system')) ?? `no sign of life within ${PROBE_MS / 1000} s`;
  return { works: false, reason: complaint.replace(/^qemu-system-\w+: /, '') };
}

/** A machine with nothing but a BIOS, whose messages come on standard output. */
const PROBE_MACHINE = [
  ...['-accel', 'kvm', '-cpu', 'host', '-m', '64', '-nodefaults', '-no-user-config', '-no-reboot'],
  ...[
    '-display',
    'none',
    '-monitor',
    'none',
    '-chardev',
    'stdio,id=bios',
    '-device',
    'isa-debugcon,iobase=0x402,chardev=bios',
  ],
] as const;

async function remember(memory: string, text: string): Promise<void> {
  await mkdir(dirname(memory), { recursive: true });
  await writeFileAtomically(memory, text);
}

async function recall(memory: string, machine: string): Promise<KvmVerdict | undefined> {
  try {
    const kept: unknown = JSON.parse(await readFile(memory, 'utf8'));
    if (typeof kept !== 'object' || kept === null) return undefined;
    if (!('machine' in kept && 'works' in kept && 'reason' in kept)) return undefined;
    const { machine: keptMachine, works, reason } = kept;
    if (keptMachine !== machine || typeof works !== 'boolean' || typeof reason !== 'string') return undefined;
    return { works, reason };
  } catch {
    return undefined;
  }
}
