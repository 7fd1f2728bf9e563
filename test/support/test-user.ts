import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/host/process.ts';
import type { Workshop } from './cli.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const AS_USER = fileURLToPath(new URL('as-user', import.meta.url));

/** First of the 65536 sub-uids and sub-gids that the user gets. */
const FIRST_ID = 4_000_000;

/** An unprivileged user of this machine, with sub-uids unless told, removed with everything of his when the test is over. */
export interface TestUser extends AsyncDisposable {
  readonly name: string;
  /** Words that run a command of the checkout as this user in a workshop, which becomes his, or only some folders of it. */
  readonly words: (
    shop: Pick<Workshop, 'path' | 'at'>,
    command: readonly string[],
    owned?: readonly string[],
  ) => Promise<readonly string[]>;
}

/** Makes a user. Only root can. */
export async function testUser({ hasSubIds = true } = {}): Promise<TestUser> {
  if (process.geteuid?.() !== 0) throw new Error('This test makes a user, mounts and kills: run it as root');
  const name = `ingot-${randomUUID().slice(0, 8)}`;
  const last = String(FIRST_ID + 65_535);
  const noIds = ['--key', 'SUB_UID_COUNT=0', '--key', 'SUB_GID_COUNT=0'];
  await run('useradd', ['--no-create-home', '--shell', '/bin/bash', ...noIds, name]);
  if (hasSubIds) await run('usermod', [`--add-subuids=${FIRST_ID}-${last}`, `--add-subgids=${FIRST_ID}-${last}`, name]);
  return {
    name,
    words: async (shop, command, owned = [shop.path]) => {
      await mkdir(shop.at('checkout'), { recursive: true });
      await run('chown', ['--recursive', `${name}:`, ...owned]);
      const asUser = ['unshare', '--mount', '--propagation', 'private', AS_USER, name, CHECKOUT, shop.at('checkout')];
      return [...asUser, ...command.map((word) => word.replace(CHECKOUT, `${shop.at('checkout')}/`))];
    },
    [Symbol.asyncDispose]: async () => void (await run('userdel', ['--force', name])),
  };
}
