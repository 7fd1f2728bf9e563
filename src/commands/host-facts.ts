import { machine } from 'node:os';
import { isThere } from '../host/is-there.ts';
import { runForStatus } from '../host/process.ts';
import type { HostFacts } from '../spec/build-request.ts';
import type { Caller } from './caller.ts';

/** What a command line has to know of the machine it was typed on. */
export async function readHostFacts(caller: Caller): Promise<HostFacts> {
  return {
    workingFolder: caller.workingFolder,
    homeFolder: caller.homeFolder,
    arch: await readArch(),
  };
}

/** Debian's name of the machine's architecture: dpkg knows it where there is dpkg, also for a foreign userland. */
async function readArch(): Promise<string> {
  if (isThere('/etc/debian_version')) {
    const { status, stdout } = await runForStatus('dpkg', ['--print-architecture']);
    if (status === 0) return stdout.trim();
  }
  return debianArch(machine());
}

/** Debian's name for a machine as the kernel calls it; a name it has none for stays as it is. */
export function debianArch(kernelName: string): string {
  if (kernelName === 'x86_64') return 'amd64';
  if (kernelName === 'aarch64') return 'arm64';
  return kernelName.startsWith('armv') ? 'armhf' : kernelName;
}
