import { chmodSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfPresent } from '../host/optional-file.ts';
import { runForStatus } from '../host/process.ts';

/** What the chroot gets where the host names no resolver. */
const PUBLIC_RESOLVER = 'nameserver 8.8.8.8\n';

/** Puts the tree's own resolver configuration aside as `/etc/resolv.conf.ORIG`, an interface for elements, and the host's in its place. */
export async function lendResolver(root: string): Promise<void> {
  const path = resolverOf(root);
  if ((await lstat(path).catch(() => undefined)) !== undefined) await rename(path, original(root));
  writeLent(path);
}

/**
 * Brings a lent configuration up to date: a restored layer holds the one of the day it was made. A file that a hook has replaced is left
 * alone.
 */
export function refreshResolver(root: string): void {
  const path = resolverOf(root);
  const facts = lstatSync(path, { throwIfNoEntry: false });
  const isLent = facts?.isFile() === true && (facts.mode & 0o777) === 0o777;
  if (isLent && readFileSync(path, 'utf8') !== hostResolver()) writeLent(path);
}

/** Gives the tree its own resolver configuration back, unless a hook has made it a link or immutable, which says it is wanted. */
export async function returnResolver(root: string): Promise<void> {
  const path = resolverOf(root);
  const facts = await lstat(path).catch(() => undefined);
  if (facts?.isSymbolicLink() || (facts !== undefined && (await isImmutable(path)))) {
    await rm(original(root), { force: true });
    return;
  }
  await rm(path, { force: true });
  const hasOriginal = (await lstat(original(root)).catch(() => undefined)) !== undefined;
  if (hasOriginal) await rename(original(root), path);
}

function resolverOf(root: string): string {
  return join(root, 'etc/resolv.conf');
}

function original(root: string): string {
  return join(root, 'etc/resolv.conf.ORIG');
}

function writeLent(path: string): void {
  writeFileSync(path, hostResolver());
  chmodSync(path, 0o777);
}

function hostResolver(): string {
  return readTextIfPresent('/etc/resolv.conf') ?? PUBLIC_RESOLVER;
}

async function isImmutable(path: string): Promise<boolean> {
  const { status, stdout } = await runForStatus('lsattr', ['-d', path]);
  return status === 0 && (stdout.split(' ')[0] ?? '').includes('i');
}
