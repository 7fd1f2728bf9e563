import { readdir, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sectorSizeOf } from '../../../src/host/disk-sectors.ts';
import { probeKvm } from '../../../src/host/kvm.ts';
import { subidCount } from '../../../src/host/machine-check.ts';
import { readSeed, seedForUser, writeSeed } from '../../../src/host/nocloud-seed.ts';
import { run } from '../../../src/host/process.ts';
import { qemuArguments } from '../../../src/host/qemu.ts';
import { freePort, sshArguments, waitForSshBanner } from '../../../src/host/ssh.ts';
import { openSshKey } from '../../../src/host/ssh-key.ts';
import { writeTalkingDisk } from '../../support/boot-sector.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { bootImage } from '../../support/vm.ts';

describe('the probe of KVM', () => {
  it('agrees with a guest that runs, and remembers its verdict', async () => {
    await using scratch = await folderTree({});
    const memory = scratch.at('kvm.json');

    const verdict = await probeKvm(memory);
    const { mtimeMs } = await stat(memory);

    expect(verdict.works).toBe(verdict.reason === '');
    expect(await probeKvm(memory)).toEqual(verdict);
    expect((await stat(memory)).mtimeMs).toBe(mtimeMs);
  });

  it('asks anew after another start of the machine or when its memory is damaged', async () => {
    await using scratch = await folderTree({
      'old.json': JSON.stringify({ machine: 'another', works: true, reason: 'never run' }),
      'damaged.json': '{',
    });

    expect((await probeKvm(scratch.at('old.json'))).reason).not.toBe('never run');
    expect(await probeKvm(scratch.at('damaged.json'))).toEqual(await probeKvm());
  });
});

describe('the arguments of QEMU', () => {
  const machine = {
    disk: { path: '/a,b.raw', format: 'raw', sectorSize: 512 },
    firmware: 'bios',
    accelerator: 'tcg',
    memoryMib: 512,
    cpus: 2,
    console: 'stdio',
  } as const;

  it('double the commas of paths', () => {
    expect(qemuArguments(machine)).toContain('file=/a,,b.raw,format=raw,if=none,id=disk0,discard=unmap');
  });

  it('give the disk sectors of its own size', () => {
    const disk = { ...machine.disk, sectorSize: 4096 } as const;

    expect(qemuArguments({ ...machine, disk }).join(' ')).toContain('logical_block_size=4096');
    expect(qemuArguments(machine).join(' ')).toContain('logical_block_size=512');
  });

  it('lock the flash memory for secure boot and start from variables of a new machine', () => {
    const files = { code: '/code.fd', variables: '/vars.fd' };

    const words = qemuArguments({ ...machine, firmware: 'uefi-secure', firmwareFiles: files }).join(' ');

    expect(words).toContain('-machine q35,graphics=off,smm=on');
    expect(words).toContain('-global driver=cfi.pflash01,property=secure,value=on');
    expect(words).toContain('readonly=on,file=/code.fd');
    expect(words).toContain('snapshot=on,file=/vars.fd');
  });

  it('forward one port where SSH is wanted', () => {
    expect(qemuArguments(machine)).toContain('user,id=net0');
    expect(qemuArguments({ ...machine, sshPort: 2222 })).toContain('user,id=net0,hostfwd=tcp:127.0.0.1:2222-:22');
  });
});

describe('the sectors of a disk', () => {
  it.each([
    [512, 'raw'],
    [4096, 'raw'],
    [4096, 'qcow2'],
  ])('are told to be %i bytes by where a %s image has its table', async (size, format) => {
    const header = 'EFI PART'.padStart(size + 'EFI PART'.length, '\0');
    await using scratch = await folderTree({ 'disk.raw': header });
    const raw = scratch.at('disk.raw');
    await truncate(raw, 64 << 20);
    const image = scratch.at(`image.${format}`);
    await run('qemu-img', ['convert', '-O', format, raw, image]);

    expect(await sectorSizeOf(image, format, scratch.path)).toBe(size);
  });

  it('are 512 bytes for an image that is shorter than a table', async () => {
    await using scratch = await folderTree({ 'disk.raw': 'x'.repeat(512) });

    expect(await sectorSizeOf(scratch.at('disk.raw'), 'raw', scratch.path)).toBe(512);
  });
});

describe('a booted image', () => {
  it('is talked to through its console and leaves nothing', async () => {
    await using scratch = await folderTree({});
    writeTalkingDisk(scratch.at('disk.raw'), 'cast login: ');

    await using booted = await bootImage({ image: scratch.at('disk.raw'), firmware: 'bios', user: 'ann', sizeGib: 1 });

    expect(await booted.waitFor(/login:/, 20_000)).toMatch(/^cast login:/);
    await expect(booted.waitFor(/never/, 10)).rejects.toThrow(
      /No \/never\/ within 0\.01 s; the console ends with:\n(?:.*\n)*cast login:/,
    );
  });
});

describe('a NoCloud seed', () => {
  it('is a filesystem labelled for cloud-init with the given files and the missing ones', async () => {
    await using scratch = await folderTree({});

    const image = await writeSeed(seedForUser('ann', 'ssh-ed25519 AAAA ann\n'), scratch.path);

    expect((await run('blkid', ['-o', 'value', '-s', 'LABEL', image])).stdout).toBe('CIDATA\n');
    const read = async (name: string) => (await run('mtype', ['-i', image, `::${name}`])).stdout;
    expect(await read('user-data')).toMatch(/^#cloud-config\n.*"name":"ann".*"ssh-ed25519 AAAA ann"/);
    expect(await read('meta-data')).toMatch(/^instance-id: ingot-[0-9a-f]{12}\n/);
  });

  it('names another instance when its content changes', async () => {
    await using scratch = await folderTree({ 'a/x': '', 'b/x': '' });
    const metaData = async (folder: string, text: string) => {
      const image = await writeSeed({ 'user-data': text }, folder);
      return (await run('mtype', ['-i', image, '::meta-data'])).stdout;
    };

    const first = await metaData(scratch.at('a'), '#cloud-config\n');

    expect(await metaData(scratch.at('b'), '#cloud-config\n')).toBe(first);
    expect(await metaData(scratch.at('b'), '#cloud-config\npackages: []\n')).not.toBe(first);
  });

  it('is read from a folder or from one file', async () => {
    await using scratch = await folderTree({ 'seed/user-data': 'u', 'seed/network-config': 'n', file: 'f' });

    expect(await readSeed(scratch.at('seed'))).toEqual({ 'user-data': 'u', 'network-config': 'n' });
    expect(await readSeed(scratch.at('file'))).toEqual({ 'user-data': 'f' });
  });

  it('is refused when there is none', async () => {
    await using scratch = await folderTree({ 'empty/x': '' });

    await expect(readSeed(scratch.at('empty'))).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('no file of a NoCloud seed'),
    });
    await expect(readSeed(scratch.at('none'))).rejects.toMatchObject({
      code: 'USAGE',
      message: `There is no seed ${scratch.at('none')}`,
    });
  });
});

describe('SSH', () => {
  it('waits for a server that really answers', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      // The first connection ends without a word, as QEMU's does while the guest is not there.
      if (connections === 1) socket.destroy();
      else socket.end('SSH-2.0-test\r\n');
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

    expect(await waitForSshBanner(port, 10_000, new AbortController().signal)).toBe(true);
    expect(connections).toBe(2);

    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await waitForSshBanner(port, 10, new AbortController().signal)).toBe(false);
  });

  it('keeps no host key and uses no other identity than the named one', () => {
    expect(sshArguments({ port: 22, user: 'ann', identity: '/k' }, ['uptime', '-p']).join(' ')).toMatch(
      /StrictHostKeyChecking=no.*UserKnownHostsFile=\/dev\/null.*IdentitiesOnly=yes -i \/k -p 22 -l ann 127\.0\.0\.1 -- uptime -p$/,
    );
  });

  it('makes a key that lasts for the occasion, and reads a given one', async () => {
    await using scratch = await folderTree({ bad: 'no key' });
    {
      await using key = await openSshKey(undefined, scratch.path);
      await using same = await openSshKey(key.path, scratch.path);
      expect(key.publicKey).toMatch(/^ssh-ed25519 \S+/);
      expect(same.publicKey).toBe(key.publicKey);
    }
    expect(await readdir(scratch.path)).toEqual(['bad']);
    await expect(openSshKey(scratch.at('bad'), scratch.path)).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('subordinate ids', () => {
  it('are counted by name and by number', () => {
    const table = 'ann:100000:65536\nbob:165536:10\n1000:200000:5\n';

    expect(subidCount(table, ['ann', '1000'])).toBe(65_541);
    expect(subidCount('', ['ann'])).toBe(0);
  });
});
