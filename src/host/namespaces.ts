import { IngotError } from '../model/error.ts';
import { runForStatus } from './process.ts';

/** Whether builds run as the machine's root or as root of a user namespace with the caller's sub-uids. */
export type Privilege = 'root' | 'user-namespace';

/** The privilege that builds of this process have. */
export function ownPrivilege(): Privilege {
  return process.geteuid?.() === 0 ? 'root' : 'user-namespace';
}

/**
 * The command that runs another one in new mount and PID namespaces, as root, with nothing shared back to the machine.
 * When the process that starts it dies, everything inside is killed, and the kernel drops every mount.
 */
export function inNamespaces(privilege: Privilege, command: readonly string[]): readonly string[] {
  const user = privilege === 'root' ? [] : ['--user', '--map-root-user', '--map-auto'];
  const unshare = [
    'unshare',
    ...user,
    '--mount',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--propagation',
    'private',
    '--mount-proc',
  ];
  return ['setpriv', '--pdeathsig', 'KILL', ...unshare, ...command];
}

/**
 * Makes sure that the machine lets ingot make its namespaces.
 * @throws IngotError `NAMESPACE_REFUSED` with the setting to change
 */
export async function checkNamespaces(privilege: Privilege): Promise<void> {
  const [command = '', ...args] = inNamespaces(privilege, ['true']);
  const { status, tail } = await runForStatus(command, args);
  if (status === 0) return;
  const hint =
    privilege === 'root'
      ? 'The process needs CAP_SYS_ADMIN: in a container, run it privileged.'
      : 'Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0), install uidmap, and give the user a range in /etc/subuid and /etc/subgid; or run as root.';
  throw new IngotError('NAMESPACE_REFUSED', 'The machine does not let ingot make mount and PID namespaces', {
    tail,
    hint,
  });
}
