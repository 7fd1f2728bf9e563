import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runForStatus } from '../../src/host/process.ts';
import { hook, marked, said, workshop } from '../support/cli.ts';

const LOOK = hook(
  'echo "MODE $(stat -c %a /etc/resolv.conf)"',
  'echo "ORIG $(cat /etc/resolv.conf.ORIG 2>/dev/null)"',
  'cat /etc/resolv.conf >/root/seen',
);

test("gives the chroot the host's resolver and the image its own back", {
  tags: ['phases.resolver', 'phases.resolver-back'],
}, async () => {
  await using shop = await workshop({
    'net/root.d/20-own': hook('echo "nameserver 192.0.2.1" >"$TARGET_ROOT/etc/resolv.conf"'),
    'net/install.d/10-look': LOOK,
  });

  const result = await shop.build({ elements: ['net'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'MODE')).toEqual(['777']);
  expect(marked(result, 'ORIG')).toEqual(['nameserver 192.0.2.1']);
  expect(await shop.content('root/seen')).toBe(await readFile('/etc/resolv.conf', 'utf8'));
  expect(await shop.content('etc/resolv.conf')).toBe('nameserver 192.0.2.1\n');
  expect(await shop.names()).not.toContain('etc/resolv.conf.ORIG');
});

test('leaves an image without a resolver without one', async () => {
  await using shop = await workshop({ 'net/install.d/10-look': LOOK });

  const result = await shop.build({ elements: ['net'] });

  expect(result.status, said(result)).toBe(0);
  expect(marked(result, 'MODE')).toEqual(['777']);
  const names = await shop.names();
  expect(names).not.toContain('etc/resolv.conf');
  expect(names).not.toContain('etc/resolv.conf.ORIG');
});

test('gives the chroot a public resolver where the host has none', { tags: ['phases.resolver-fallback'] }, async () => {
  await using shop = await workshop({ 'net/install.d/10-look': LOOK });
  const script = 'cp -a /etc "$1" && rm "$1/resolv.conf" && mount --bind "$1" /etc && shift && exec "$@"';
  const words = ['--mount', 'sh', '-c', script, 'sh', shop.at('etc'), ...shop.buildWords({ elements: ['net'] })];

  const result = await runForStatus('unshare', words, { env: shop.environment(), cwd: shop.at('work') });

  expect(result.status, said(result)).toBe(0);
  expect(await shop.content('root/seen')).toBe('nameserver 8.8.8.8\n');
});

test('an element names the resolver of the image by writing the ORIG file', {
  tags: ['phases.resolver-back'],
}, async () => {
  await using shop = await workshop({
    'net/install.d/10-write': hook('echo "nameserver 192.0.2.2" >/etc/resolv.conf.ORIG'),
  });

  const result = await shop.build({ elements: ['net'] });

  expect(result.status, said(result)).toBe(0);
  expect(await shop.content('etc/resolv.conf')).toBe('nameserver 192.0.2.2\n');
});

test('a link that a hook puts in its place stays', { tags: ['phases.resolver-link'] }, async () => {
  await using shop = await workshop({
    'net/root.d/20-own': hook('echo "nameserver 192.0.2.1" >"$TARGET_ROOT/etc/resolv.conf"'),
    'net/finalise.d/10-link': hook('ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf'),
  });

  const result = await shop.build({ elements: ['net'] });

  expect(result.status, said(result)).toBe(0);
  expect(await shop.facts('etc/resolv.conf')).toContain('-> ../run/systemd/resolve/stub-resolv.conf');
  expect(await shop.names()).not.toContain('etc/resolv.conf.ORIG');
});
