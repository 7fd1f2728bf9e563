import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addBuildOptions } from '../../../src/commands/ingot-session.ts';
import type { BuildRequest, Environment } from '../../../src/model/request.ts';
import { toBuildRequest } from '../../../src/spec/build-request.ts';
import { readIngotBuildValues } from '../../../src/spec/ingot-build-options.ts';

function requestOf(line: string, environment: Environment = {}): BuildRequest {
  const command = addBuildOptions(new Command().argument('<element...>'));
  command.parse(line.split(' '), { from: 'user' });
  return toBuildRequest({
    command: 'ingot build',
    words: [],
    purpose: 'disk',
    operands: command.args,
    environment,
    facts: { workingFolder: '/work', homeFolder: '/home/ann', arch: 'amd64' },
    compressionFallback: 'zstd',
    ...readIngotBuildValues(command.opts()),
  }).request;
}

describe('the options of ingot build', () => {
  it('leave everything as it is when none is given', () => {
    expect(requestOf('vm')).toMatchObject({
      elements: ['vm'],
      formats: ['qcow2'],
      qcow2: { compression: { kind: 'zstd' }, options: [] },
      skipsBase: false,
      tmpfs: { isAllowed: true },
      isOffline: false,
      refreshes: false,
      checksums: [],
      debugTrace: 0,
    });
  });

  it('say the same as those of disk-image-create', () => {
    const line =
      '-o img/a.qcow2 -s 3 --extra-size 5 -p a -p b,c --checksum --offline --no-base --no-tmpfs -x -a arm64 --root-label r vm debian';

    expect(requestOf(line)).toMatchObject({
      outputName: '/work/img/a',
      size: { imageGib: 3, extraMib: 5 },
      packages: ['a', 'b', 'c'],
      checksums: ['md5', 'sha256'],
      isOffline: true,
      skipsBase: true,
      tmpfs: { isAllowed: false },
      debugTrace: 1,
      arch: 'arm64',
      filesystem: { rootLabel: 'r' },
      elements: ['vm', 'debian'],
    });
  });

  it('take several formats in both ways, and a compression before the variable', () => {
    const environment = { DIB_QCOW2_COMPRESSION: 'none' };

    expect(requestOf('-f qcow2,raw -f tgz vm').formats).toEqual(['qcow2', 'raw', 'tgz']);
    expect(requestOf('vm', environment).qcow2.compression).toEqual({ kind: 'none' });
    expect(requestOf('--compression zlib vm', environment).qcow2.compression).toEqual({ kind: 'zlib' });
  });

  it('ask for steps to run again with --refresh', () => {
    expect(requestOf('--refresh vm').refreshes).toBe(true);
  });
});
