import { copyFile, stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { run, runForStatus } from '../../../src/host/process.ts';
import { formatAptAuth, giveAptAccess } from '../../../src/packages/apt-access.ts';
import { aptRepository } from '../../support/apt-repository.ts';
import { folderTree } from '../../support/folder-tree.ts';

const MIRROR = { address: 'http://mirror:81/private/', user: 'ann', password: 'sea-shell' };

test('apt finds proxies, hosts without one and the file of credentials beside its other settings', async () => {
  await using folder = await folderTree({ 'apt.conf': 'DPkg::Path "/bin";\n' });
  const proxies = { http_proxy: 'http://proxy:3128', no_proxy: 'mirror,10.20.0.2' };

  await giveAptAccess({ proxies, credentials: [MIRROR] }, folder.path, '/tmp/settings');

  const names = ['DPkg::Path', 'Dir::Etc::netrc', 'Acquire::http', 'Acquire::https'];
  const env = { PATH: '/usr/bin:/bin', APT_CONFIG: folder.at('apt.conf') };
  const { stdout } = await run('apt-config', ['dump', '--format', '%F %v%n', ...names], { env });
  expect(stdout.split('\n').filter((line) => !line.endsWith(' '))).toEqual(
    expect.arrayContaining([
      'DPkg::Path /bin',
      'Dir::Etc::netrc /tmp/settings/auth.conf',
      'Acquire::http::Proxy http://proxy:3128',
      'Acquire::http::Proxy::mirror DIRECT',
      'Acquire::http::Proxy::10.20.0.2 DIRECT',
    ]),
  );
  expect(stdout).not.toContain('Acquire::https::Proxy');
  expect((await stat(folder.at('auth.conf'))).mode & 0o777).toBe(0o600);
});

test('apt reaches a repository that wants a password, also as the user that it fetches as', async () => {
  await using repository = await aptRepository([{ name: 'agent' }], { login: 'ann:sea-shell' });
  await using folder = await folderTree({ 'lists/partial/': '', 'settings/apt.conf': '', status: '' });
  const credentials = [{ address: repository.server.url, user: 'ann', password: 'sea-shell' }];
  await run('chmod', ['0755', folder.path]);
  await copyFile(repository.keyring, folder.at('key.gpg'));
  await run('chmod', ['0644', folder.at('key.gpg')]);
  await writeFile(
    folder.at('sources.list'),
    `deb [signed-by=${folder.at('key.gpg')}] ${repository.server.url} stable main\n`,
  );
  const places = {
    'Etc::sourcelist': 'sources.list',
    'State::lists': 'lists',
    'State::status': 'status',
    Cache: 'cache',
  };
  const options = Object.entries(places).flatMap(([name, path]) => ['-o', `Dir::${name}=${folder.at(path)}`]);
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', APT_CONFIG: folder.at('settings/apt.conf') };
  const update = async () =>
    await runForStatus('apt-get', [...options, '-o', 'Dir::Etc::sourceparts=/dev/null', 'update'], { env });

  const refused = await update();
  await giveAptAccess({ proxies: {}, credentials }, folder.at('settings'), folder.at('settings'));
  const reached = await update();

  expect(refused.stderr).toContain('401');
  expect(reached.status, reached.tail.join('\n')).toBe(0);
  expect(reached.stderr).not.toContain('unsandboxed');
});

test('credentials are for an address and what is below it', () => {
  expect(formatAptAuth([MIRROR])).toBe(
    [
      'machine http://mirror:81/private/ login ann password sea-shell',
      'machine mirror:81/private/ login ann password sea-shell',
      '',
    ].join('\n'),
  );
  expect(formatAptAuth([])).toBe('');
});
