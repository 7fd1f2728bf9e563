import { beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { askDebugfs, checkExt } from '../support/disk-image.ts';
import { build, digestsIn, image, inLab, makeTwin, needServer, SERVER } from '../support/image-build.ts';
import { partitionsOf } from '../support/partitions.ts';
import { testUser } from '../support/test-user.ts';
import { bootImage } from '../support/vm.ts';

/** Where the user builds. */
const TWIN = 'of-user';

/** All facts of all files: mode, owner, size, time, name, extended attributes. */
async function listing(archive: string): Promise<readonly string[]> {
  const options = [
    '--list',
    '--verbose',
    '--verbose',
    '--numeric-owner',
    '--full-time',
    '--xattrs',
    '--xattrs-include=*',
  ];
  const { stdout } = await run('tar', [...options, '--file', archive]);
  return stdout.split('\n');
}

async function rootOffset(disk: string): Promise<number> {
  return (await partitionsOf(disk)).partitions[0]?.offset ?? 0;
}

describe('a server built by a user with sub-uids', () => {
  const own = (type: string) => inLab(TWIN, 'out', `${SERVER.name}.${type}`);
  beforeAll(async () => {
    await needServer();
    await using user = await testUser();
    await build(SERVER, { twin: await makeTwin(TWIN), user });
  });

  test('has the packages of the one that root builds', async () => {
    const status = async (disk: string) => await askDebugfs(disk, await rootOffset(disk), 'cat /var/lib/dpkg/status');

    const packages = await status(own('raw'));

    expect(packages).toContain('Package: openssh-server\nStatus: install ok installed');
    expect(packages).toBe(await status(image(SERVER, 'raw')));
  });

  test('has the files of the one that root builds, with owners, modes, times and attributes', async () => {
    const files = await listing(own('tar'));

    expect(files.length).toBeGreaterThan(5000);
    expect(files).toEqual(await listing(image(SERVER, 'tar')));
  });

  test('has a sound root filesystem with the device nodes that root would make', async () => {
    const [theirs, roots] = [own('raw'), image(SERVER, 'raw')];
    const devices = async (disk: string) => await askDebugfs(disk, await rootOffset(disk), 'ls -l /dev');

    expect(await checkExt(theirs, await rootOffset(theirs))).toBe('');
    expect(await devices(theirs)).toBe(await devices(roots));
  });

  test('has the bytes of the one that root builds', async () => {
    expect(await digestsIn(`${TWIN}/out`)).toEqual(await digestsIn('out'));
  });

  test('comes to its login prompt', async () => {
    await using machine = await bootImage({ image: own('qcow2'), firmware: 'bios' });

    expect(await machine.waitFor(/ login: /, 300_000)).toContain('debian login:');
  });
});
