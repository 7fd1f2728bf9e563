import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { reclaimAbandoned, takeLease } from '../host/lease.ts';
import { ownPrivilege } from '../host/namespaces.ts';
import type { Caller } from './caller.ts';

/** A folder for what lives as long as a machine. Disposing removes it; after a SIGKILL the next start of ingot does. */
export interface MachineFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes the folder of a machine. Guests may write much: `/var/tmp` lies on a disk where `/tmp` is often memory. */
export async function openMachineFolder(caller: Caller): Promise<MachineFolder> {
  const journal = path.join(cacheFolder(caller), 'leases');
  const privilege = ownPrivilege();
  await reclaimAbandoned(journal, privilege);
  const id = `vm-${randomBytes(4).toString('hex')}`;
  const folder = path.join(caller.environment.TMPDIR ?? '/var/tmp', `ingot-${id}`);
  const lease = await takeLease(journal, id, [folder], privilege);
  await mkdir(folder);
  return {
    path: folder,
    [Symbol.asyncDispose]: async () => {
      await rm(folder, { recursive: true, force: true });
      await lease.release();
    },
  };
}

/** Where the verdict on KVM is kept until the next start of the machine. */
export function kvmMemory(caller: Caller): string {
  return path.join(cacheFolder(caller), 'kvm.json');
}

/** Where ingot keeps what it needs between calls. */
export function cacheFolder({ environment, homeFolder }: Caller): string {
  return path.join(environment.DIB_IMAGE_CACHE ?? path.join(homeFolder, '.cache', 'image-create'), 'ingot');
}
