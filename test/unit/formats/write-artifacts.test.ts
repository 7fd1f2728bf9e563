import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOutputs } from '../../../src/formats/check-outputs.ts';
import { writerOf } from '../../../src/formats/registry.ts';
import { type WriteArtifactsOptions, writeArtifacts } from '../../../src/formats/write-artifacts.ts';
import { IMAGE_FORMATS, isFileFormat } from '../../../src/model/artifact.ts';
import type { BuildEventBody } from '../../../src/model/events.ts';
import { formatWish } from '../../support/format-input.ts';

const MIB = 1024 * 1024;
const FILE_FORMATS = IMAGE_FORMATS.filter(isFileFormat);
let folder = '';
let events: BuildEventBody[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingot-artifacts-'));
  mkdirSync(join(folder, 'out'));
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function options(request: Partial<WriteArtifactsOptions['request']>): WriteArtifactsOptions {
  const rawDisk = join(folder, 'work.img');
  writeFileSync(rawDisk, randomBytes(2 * MIB));
  truncateSync(rawDisk, 64 * MIB);
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  mkdirSync(join(tree, 'proc/1'), { recursive: true });
  writeFileSync(join(tree, 'etc/hostname'), 'cast\n');
  return {
    request: {
      outputName: join(folder, 'out', 'image'),
      formats: ['qcow2'],
      ...formatWish({ qcow2: { compression: { kind: 'zlib' }, options: [] } }),
      checksums: [],
      keepsOldImage: true,
      ...request,
    },
    rawDisk,
    tree,
    scratch: folder,
    identity: 'content',
    epoch: 1_700_000_000,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  };
}

function listOut(): string[] {
  return readdirSync(join(folder, 'out')).sort();
}

describe('writing artifacts', () => {
  it('writes every format from one disk and one tree, in the order asked for', {
    tags: ['formats.together', 'subtle.09'],
  }, async () => {
    const wish = options({ formats: [...FILE_FORMATS].reverse() });
    const before = createHash('sha256')
      .update(readFileSync(join(folder, 'work.img')))
      .digest('hex');

    const artifacts = await writeArtifacts(wish);

    expect(artifacts.map((artifact) => artifact.format)).toEqual([...FILE_FORMATS].reverse());
    expect(listOut()).toEqual(FILE_FORMATS.map((format) => `image.${writerOf(format).extension}`).sort());
    const after = createHash('sha256')
      .update(readFileSync(join(folder, 'out/image.raw')))
      .digest('hex');
    expect(after).toBe(before);
    expect(events.filter((event) => event.kind === 'artifact-written')).toHaveLength(FILE_FORMATS.length);
  });

  it('keeps the raw disk and its holes when raw is moved', { tags: ['formats.raw'] }, async () => {
    const wish = options({ formats: ['raw'] });

    await writeArtifacts(wish);

    expect(existsSync(join(folder, 'work.img'))).toBe(false);
    expect(statSync(join(folder, 'out/image.raw')).blocks * 512).toBeLessThan(3 * MIB);
  });

  it('writes checksum files that coreutils accept', { tags: ['names.checksums'] }, async () => {
    const wish = options({ formats: ['qcow2', 'tar'], checksums: ['md5', 'sha256'] });

    const artifacts = await writeArtifacts(wish);

    const out = join(folder, 'out');
    expect(
      execFileSync('sha256sum', ['--check', '--strict', 'image.qcow2.sha256', 'image.tar.sha256'], {
        cwd: out,
        encoding: 'utf8',
      }),
    ).toBe('image.qcow2: OK\nimage.tar: OK\n');
    execFileSync('md5sum', ['--check', '--strict', '--status', 'image.qcow2.md5'], { cwd: out });
    expect(readFileSync(join(out, 'image.qcow2.md5'), 'utf8')).toBe(`${artifacts[0]?.digests.md5}  image.qcow2\n`);
  });

  it('writes checksum lines for awkward names as coreutils do', async () => {
    const wish = options({ outputName: join(folder, 'out', 'a\\b\nc'), checksums: ['sha256'] });

    await writeArtifacts(wish);

    execFileSync('sha256sum', ['--check', '--strict', '--status', 'a\\b\nc.qcow2.sha256'], {
      cwd: join(folder, 'out'),
    });
  });

  it('hands out a kept image as a file of its own', async () => {
    const kept = join(folder, 'kept');
    writeFileSync(kept, 'made before');

    await writeArtifacts({ ...options({}), kept: { qcow2: kept } });

    expect(readFileSync(join(folder, 'out/image.qcow2'), 'utf8')).toBe('made before');
    expect(statSync(join(folder, 'out/image.qcow2')).ino).not.toBe(statSync(kept).ino);
  });

  it('leaves an image alone that may be overwritten and is the kept one already, and renews its checksums', async () => {
    const image = join(folder, 'out/image.qcow2');
    writeFileSync(image, 'made before');
    linkSync(image, join(folder, 'kept'));
    writeFileSync(`${image}.md5`, 'old sum');
    const before = statSync(image);

    const wish = options({ keepsOldImage: false, checksums: ['sha256'] });
    await writeArtifacts({ ...wish, kept: { qcow2: join(folder, 'kept') } });

    expect(statSync(image)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(listOut()).toEqual(['image.qcow2', 'image.qcow2.sha256']);
    expect(readFileSync(`${image}.sha256`, 'utf8')).toContain(createHash('sha256').update('made before').digest('hex'));
  });

  it('keeps an older image and its checksums under a dated name', { tags: ['names.old-image'] }, async () => {
    writeFileSync(join(folder, 'out/image.qcow2'), 'old');
    writeFileSync(join(folder, 'out/image.qcow2.md5'), 'old sum');

    await writeArtifacts(options({ checksums: ['md5'] }));

    const kept = listOut().filter((name) => /^image-\d{4}\.\d\d\.\d\d-\d\d\.\d\d\.\d\d\.qcow2$/.test(name));
    expect(kept).toHaveLength(1);
    expect(readFileSync(join(folder, 'out', kept[0] ?? ''), 'utf8')).toBe('old');
    expect(readFileSync(join(folder, 'out', `${kept[0]}.md5`), 'utf8')).toBe('old sum');
    expect(events).toContainEqual({ kind: 'message', level: 'info', text: expect.stringContaining(kept[0] ?? '?') });
  });

  it.each(['tar', 'aci', 'squashfs'] as const)(
    'replaces an older %s in its place',
    {
      tags: ['names.archives-in-place', 'names.squashfs'],
    },
    async (format) => {
      const name = format === 'squashfs' ? 'image.squash' : `image.${format}`;
      writeFileSync(join(folder, 'out', name), 'old');
      writeFileSync(join(folder, 'out', `${name}.md5`), 'old sum');

      await writeArtifacts(options({ formats: [format] }));

      expect(listOut()).toEqual([name]);
      expect(readFileSync(join(folder, 'out', name), 'latin1')).not.toBe('old');
    },
  );

  it('replaces an older image where the request says so, and drops its checksums', {
    tags: ['names.overwrite'],
  }, async () => {
    writeFileSync(join(folder, 'out/image.qcow2'), 'old');
    writeFileSync(join(folder, 'out/image.qcow2.md5'), 'old sum');

    await writeArtifacts(options({ keepsOldImage: false }));

    expect(listOut()).toEqual(['image.qcow2']);
  });

  it('removes what a killed process left beside the image', async () => {
    writeFileSync(join(folder, 'out/.image.qcow2.part-dead'), 'half');

    await writeArtifacts(options({}));

    expect(listOut()).toEqual(['image.qcow2']);
  });

  it('leaves the old image and nothing else when it is stopped', async () => {
    writeFileSync(join(folder, 'out/image.tgz'), 'old');
    const wish = { ...options({ formats: ['tgz'] }), signal: AbortSignal.abort() };

    await expect(writeArtifacts(wish)).rejects.toMatchObject({ code: 'CANCELLED' });

    expect(listOut()).toEqual(['image.tgz']);
    expect(readFileSync(join(folder, 'out/image.tgz'), 'utf8')).toBe('old');
  });

  it.each(['raw', 'qcow2', 'tar'] as const)('says that the disk is full for %s and leaves nothing', (format) => {
    const wish = options({});
    writeFileSync(join(folder, 'tree/etc/large'), randomBytes(2 * MIB));
    const script = fileURLToPath(new URL('../../support/write-on-small-disk.ts', import.meta.url));

    const output = execFileSync(
      'unshare',
      [
        '--mount',
        '--map-root-user',
        process.execPath,
        script,
        join(folder, 'out'),
        format,
        wish.rawDisk ?? '',
        wish.tree ?? '',
      ],
      { encoding: 'utf8' },
    );

    const { error, left } = JSON.parse(output);
    expect(error).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining(join(folder, 'out')) });
    expect(left).toEqual([]);
  });
});

describe('checking outputs before a build', () => {
  function wish(request: Partial<WriteArtifactsOptions['request']>) {
    return { purpose: 'disk', ...options(request).request, temporaryFolder: folder } as const;
  }

  it('accepts what can be written and leaves no trace', async () => {
    await checkOutputs(wish({ formats: ['vdi'], qcow2: { compression: { kind: 'none' }, options: ['static=off'] } }));

    expect(readdirSync(folder).sort()).toEqual(['out', 'tree', 'work.img']);
  });

  it('names a missing folder and how to make it', async () => {
    const checking = checkOutputs(wish({ outputName: join(folder, 'nowhere/image') }));

    await expect(checking).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: `There is no folder ${folder}/nowhere for the image ${folder}/nowhere/image.qcow2`,
      details: { hint: `Make it with: mkdir -p ${folder}/nowhere` },
    });
  });

  it('looks at the files of a ramdisk where nothing else is written', async () => {
    const ramdisk = { ...wish({ formats: [], outputName: join(folder, 'out/deploy') }), purpose: 'ramdisk' } as const;
    await checkOutputs(ramdisk);
    mkdirSync(join(folder, 'out/deploy.initramfs'));

    await expect(checkOutputs(ramdisk)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining('out/deploy.initramfs'),
    });
  });

  it('refuses a folder where the image should go', async () => {
    mkdirSync(join(folder, 'out/image.qcow2'));

    await expect(checkOutputs(wish({}))).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining('There is a folder where'),
    });
  });

  it('refuses a place that takes no files', async () => {
    await expect(checkOutputs(wish({ outputName: '/proc/image' }))).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      details: { hint: expect.stringContaining('-o') },
    });
  });

  it('names missing programs and their packages', async () => {
    const wanted = wish({ formats: ['tgz'], environment: { PATH: '/nonexistent' } });

    await expect(checkOutputs(wanted)).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: expect.stringContaining('tar, pigz'),
      details: { hint: 'Install tar pigz, or run: ingot doctor --install' },
    });
  });

  it('tells which options a format of qemu-img knows', async () => {
    const wanted = wish({ formats: ['vmdk'], qcow2: { compression: { kind: 'none' }, options: ['compat=0.10'] } });

    await expect(checkOutputs(wanted)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/"compat=0.10" do not fit the format vmdk: .*Invalid parameter 'compat'/),
      details: { hint: expect.stringContaining('subformat') },
    });
  });

  it('refuses options with which an image has several files', async () => {
    const wanted = wish({
      formats: ['vmdk'],
      qcow2: { compression: { kind: 'none' }, options: ['subformat=monolithicFlat'] },
    });

    await expect(checkOutputs(wanted)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('an image of the format vmdk has several files'),
    });
  });
});
