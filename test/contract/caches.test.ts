import { readdir, readFile, rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { aptRepository } from '../support/apt-repository.ts';
import { hook, marked, said, workshop } from '../support/cli.ts';

test('hooks of the chroot keep what they compile in the ccache folder, and it is in no image', async () => {
  const compile = (word: string) =>
    hook(`echo "RAN ${word} $(cat "$CCACHE_DIR/object" || echo nothing)"`, `echo ${word} >/tmp/ccache/object`);
  await using shop = await workshop({ 'c/install.d/10-compile': compile('one') });
  const env = { DIB_CCACHE_DIR: '~/compiled', CCACHE_DIR: '/nowhere' };
  const first = await shop.build({ elements: ['c'] });
  await shop.write({ 'c/install.d/10-compile': compile('two') });

  const second = await shop.build({ elements: ['c'] });
  await shop.write({ 'c/install.d/10-compile': compile('three') });
  const own = await shop.build({ elements: ['c'], env });

  expect(first.status, said(first)).toBe(0);
  expect([...marked(first, 'RAN'), ...marked(second, 'RAN')]).toEqual(['one nothing', 'two one']);
  expect(await readFile(shop.at('cache/ccache/object'), 'utf8')).toBe('two\n');
  expect(marked(own, 'RAN')).toEqual(['three nothing']);
  expect(await readFile(shop.at('home/compiled/object'), 'utf8')).toBe('three\n');
  expect((await shop.names()).filter((name) => name.includes('ccache'))).toEqual([]);
});

test('a ccache folder that cannot be made is refused before the first hook', async () => {
  await using shop = await workshop({ 'say/root.d/00-say': hook('echo "RAN say"') });

  const result = await shop.build({ elements: ['say'], env: { DIB_CCACHE_DIR: '/proc/no/such' } });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/The folder of ccache, \/proc\/no\/such, cannot be made(.|\n)*DIB_CCACHE_DIR/);
  expect(marked(result, 'RAN')).toEqual([]);
});

test('--image-cache keeps everything in another folder, and hooks are told', {
  tags: ['cli.image-cache'],
}, async () => {
  await using shop = await workshop({ 'say/install.d/10-say': hook('echo "RAN $DIB_IMAGE_CACHE"') });

  const result = await shop.build({ elements: ['say'], options: ['--image-cache', '../elsewhere'] });

  expect(marked(result, 'RAN')).toEqual([shop.at('elsewhere')]);
  expect(await readdir(shop.at('elsewhere/ingot'))).toEqual(expect.arrayContaining(['layers', 'logs']));
  expect(await readdir(shop.path)).not.toContain('cache');
});

test('an offline build asks nobody: it uses what is kept, and names what is not before the first hook', {
  tags: ['cli.offline'],
}, async () => {
  await using repository = await aptRepository([{ name: 'apt' }]);
  const { url } = repository.server;
  await using shop = await workshop({
    'deb/environment.d/10-deb.bash': `export DISTRO_NAME=debian DIB_RELEASE=stable DIB_DISTRIBUTION_MIRROR=${url}\n`,
    'deb/root.d/00-say': hook('echo "RAN root offline=$DIB_OFFLINE"'),
  });
  const env = {
    DIB_DEBIAN_SECURITY_MIRROR: url,
    DIB_DEBIAN_SECURITY_SUBPATH: '',
    DIB_DEBIAN_USE_DEBOOTSTRAP_CACHE: '0',
  };

  const cold = await shop.build({ elements: ['deb'], options: ['--offline'], env });

  expect(cold.status).toBe(1);
  expect(said(cold)).toContain(`The build is offline and nothing is kept of ${url}`);
  expect(said(cold)).toContain('OFFLINE_MISS');
  expect(marked(cold, 'RAN')).toEqual([]);
  expect(repository.server.requests).toEqual([]);

  const online = await shop.build({ elements: ['deb'], env });
  expect(online.status, said(online)).toBe(0);
  const asked = repository.server.requests.length;
  expect(asked).toBeGreaterThan(0);
  await rm(shop.at('cache/ingot/layers'), { recursive: true });
  const kept = await shop.build({ elements: ['deb'], env: { ...env, DIB_OFFLINE: 'yes' } });

  expect(kept.status, said(kept)).toBe(0);
  expect(marked(kept, 'RAN')).toEqual(['root offline=yes']);
  expect(repository.server.requests).toHaveLength(asked);
});
