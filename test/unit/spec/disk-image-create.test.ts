import { describe, expect, it } from 'vitest';
import { IngotError } from '../../../src/model/error.ts';
import type { BuildRequest, Environment } from '../../../src/model/request.ts';
import { type DiskImageCreateCall, parseDiskImageCreate } from '../../../src/spec/disk-image-create.ts';

const FACTS = { workingFolder: '/work', homeFolder: '/home/ann', arch: 'amd64' };

function parse(line: string, environment: Environment = {}, command = 'disk-image-create'): DiskImageCreateCall {
  const words = line.split(' ').filter((word) => word !== '');
  return parseDiskImageCreate({ command, words, environment, facts: FACTS });
}

function build(line: string, environment: Environment = {}): Extract<DiskImageCreateCall, { kind: 'build' }> {
  const call = parse(line, environment);
  if (call.kind !== 'build') throw new Error(`${line} is no build`);
  return call;
}

function request(line: string, environment: Environment = {}): BuildRequest {
  return build(line, environment).request;
}

function errorOf(line: string, environment: Environment = {}): IngotError {
  try {
    parse(line, environment);
  } catch (error) {
    if (error instanceof IngotError) return error;
    throw error;
  }
  throw new Error(`${line} was understood`);
}

describe('a command line of disk-image-create', () => {
  it('gives the defaults of DIB where nothing is said', {
    tags: [
      'cli.types-default',
      'cli.image-cache',
      'cli.journal-size',
      'cli.min-tmpfs',
      'cli.install-type',
      'cli.ramdisk-element',
    ],
  }, () => {
    expect(request('debian-minimal vm')).toMatchObject({
      purpose: 'disk',
      elements: ['debian-minimal', 'vm'],
      skipsBase: false,
      arch: 'amd64',
      outputName: '/work/image',
      formats: ['qcow2'],
      qcow2: { compression: { kind: 'zlib' }, options: [] },
      checksums: [],
      packages: [],
      size: { journalMib: 64 },
      filesystem: { type: 'ext4', mkfsOptions: [] },
      tmpfs: { isAllowed: true, minGib: 2 },
      isOffline: false,
      imageCache: '/home/ann/.cache/image-create',
      lockFolder: '/home/ann/.cache/dib/lockfiles',
      defaultInstallType: 'source',
      ramdiskElement: 'ramdisk',
      elementsPath: [],
      breaks: { points: [], outsideTarget: false },
      debugTrace: 0,
      keepsOldImage: true,
      showsImageUsage: 'no',
      temporaryFolder: '/tmp',
      workingFolder: '/work',
    });
  });

  it('understands the line of a nodepool builder', {
    tags: ['cli.checksum', 'cli.types', 'cli.no-tmpfs', 'cli.qemu-img-options'],
  }, () => {
    const { request: nodepool } = build(
      '-x -t qcow2,raw --checksum --no-tmpfs --qemu-img-options compat=0.10 -o /opt/images/ubuntu-1 ubuntu-minimal vm simple-init',
    );

    expect(nodepool).toMatchObject({
      debugTrace: 1,
      formats: ['qcow2', 'raw'],
      checksums: ['md5', 'sha256'],
      tmpfs: { isAllowed: false },
      qcow2: { options: ['compat=0.10'] },
      outputName: '/opt/images/ubuntu-1',
      elements: ['ubuntu-minimal', 'vm', 'simple-init'],
    });
    expect(nodepool.environment).toMatchObject({ DIB_DEBUG_TRACE: '1', DIB_CHECKSUM: '1', DIB_NO_TMPFS: '1' });
  });

  it('takes options and elements in any mixture, and shortened long names', {
    tags: ['cli.mixed', 'cli.abbreviated', 'cli.image-size', 'cli.packages', 'cli.no-base'],
  }, () => {
    expect(request('vm --image-s 2.5 debian --off -p a,b -n -p c')).toMatchObject({
      elements: ['vm', 'debian'],
      size: { imageGib: 2.5 },
      isOffline: true,
      packages: ['a', 'b', 'c'],
      skipsBase: true,
    });
  });

  it('accepts the two long options that the usage text of DIB promises', {
    tags: ['cli.image-extra-size', 'cli.journal-size'],
  }, () => {
    expect(request('vm --image-extra-size 100 --mkfs-journal-size 32').size).toEqual({
      extraMib: 100,
      journalMib: 32,
    });
  });

  it.each([
    ['ARCH=arm64', { arch: 'arm64' }],
    ['IMAGE_NAME=web', { outputName: '/work/web' }],
    ['DIB_IMAGE_SIZE=3', { size: { imageGib: 3 } }],
    ['DIB_IMAGE_SIZE=10G', { size: { imageGib: 10 } }],
    ['DIB_IMAGE_EXTRA_SIZE=50', { size: { extraMib: 50 } }],
    ['DIB_JOURNAL_SIZE=16', { size: { journalMib: 16 } }],
    ['MAX_ONLINE_RESIZE=274877906944', { size: { maxOnlineResize: 274877906944 } }],
    ['DIB_IMAGE_CACHE=cache', { imageCache: '/work/cache' }],
    ['DIB_IMAGE_CACHE=~/c', { imageCache: '/home/ann/c' }],
    ['DIB_MIN_TMPFS=4', { tmpfs: { minGib: 4 } }],
    ['DIB_NO_TMPFS=0', { tmpfs: { isAllowed: true } }],
    ['DIB_NO_TMPFS=yes', { tmpfs: { isAllowed: false } }],
    ['GENTOO_PROFILE=hardened/linux', { tmpfs: { isAllowed: false } }],
    ['DIB_OFFLINE=1', { isOffline: true }],
    ['DIB_OFFLINE=0', { isOffline: true }],
    ['DIB_OFFLINE=', { isOffline: false }],
    ['QEMU_IMG_OPTIONS=compat=1.1,cluster_size=2M', { qcow2: { options: ['compat=1.1', 'cluster_size=2M'] } }],
    ['ROOT_LABEL=root', { filesystem: { rootLabel: 'root' } }],
    ['FS_TYPE=ext3', { filesystem: { type: 'ext3' } }],
    ['RAMDISK_ELEMENT=dracut-ramdisk', { ramdiskElement: 'dracut-ramdisk' }],
    ['DIB_DEFAULT_INSTALLTYPE=package', { defaultInstallType: 'package' }],
    ['SKIP_BASE=1', { skipsBase: true }],
    ['DIB_CHECKSUM=sha256', { checksums: ['sha256'] }],
    ['DIB_CHECKSUM=md5,sha256', { checksums: ['md5', 'sha256'] }],
    ['DIB_CHECKSUM=0', { checksums: [] }],
    ['DIB_QCOW2_COMPRESSION=zstd', { qcow2: { compression: { kind: 'zstd' } } }],
    ['DIB_QCOW2_COMPRESSION=zlib:9', { qcow2: { compression: { kind: 'zlib', level: 9 } } }],
    ['DIB_TGZ_COMPRESSION=gzip:1', { compression: { tgz: { kind: 'gzip', level: 1 } } }],
    ['DIB_SQUASHFS_COMPRESSION=zstd:22', { compression: { squashfs: { kind: 'zstd', level: 22 } } }],
    ['DIB_COMPRESSION_THREADS=3', { compression: { threads: 3 } }],
    ['ELEMENTS_PATH=/a::b', { elementsPath: ['/a', '', '/work/b'] }],
    ['OVERWRITE_OLD_IMAGE=1', { keepsOldImage: false }],
    ['DIB_SHOW_IMAGE_USAGE=1', { showsImageUsage: 'large' }],
    ['DIB_LOCKFILES=locks', { lockFolder: '/work/locks' }],
    ['TMP_DIR=/var/tmp', { temporaryFolder: '/var/tmp' }],
    ['break=before-root,after-error', { breaks: { points: ['before-root', 'after-error'] } }],
    ['SOURCE_DATE_EPOCH=0', { sourceDateEpoch: 0 }],
  ])(
    'reads %s',
    {
      tags: [
        'cli.max-online-resize',
        'cli.image-cache',
        'cli.min-tmpfs',
        'cli.no-tmpfs',
        'cli.qemu-img-options',
        'cli.ramdisk-element',
        'cli.install-type',
        'cli.checksum',
        'variables.fs-type',
        'variables.lockfiles',
      ],
    },
    (assignment, expected) => {
      const [name = '', ...rest] = assignment.split('=');

      expect(request('vm', { [name]: rest.join('=') })).toMatchObject(expected);
    },
  );

  it('takes several blanks between options for mkfs for one', { tags: ['mkfs.blanks', 'cli.mkfs-options'] }, () => {
    const words = ['--mkfs-options', ' -m  1 -N   8192', 'vm'];

    expect(parseDiskImageCreate({ command: 'disk-image-create', words, environment: {}, facts: FACTS })).toMatchObject({
      request: { filesystem: { mkfsOptions: ['-m', '1', '-N', '8192'] } },
    });
  });

  it('lets TMPDIR go before TMP_DIR and an option before its variable', { tags: ['phases.temporary'] }, () => {
    const environment = { TMPDIR: '/a', TMP_DIR: '/b', DIB_IMAGE_SIZE: '9', DIB_QCOW2_COMPRESSION: 'zstd' };

    expect(request('vm --image-size 2 -u', environment)).toMatchObject({
      temporaryFolder: '/a',
      size: { imageGib: 2 },
      qcow2: { compression: { kind: 'none' } },
    });
  });

  it.each(['IMAGE_TYPES', 'IMAGE_TYPE', 'MKFS_OPTS', 'INSTALL_PACKAGES'])(
    'does not read %s',
    { tags: ['cli.types-default', 'cli.mkfs-options'] },
    (name) => {
      const { environment: _with, ...withVariable } = request('vm', { [name]: 'raw' });
      const { environment: _without, ...without } = request('vm');

      expect(withVariable).toEqual(without);
    },
  );

  it('drops the extension of the only format from the name, and keeps it where there are several', {
    tags: ['names.one-type', 'names.several-types'],
  }, () => {
    expect(request('-o img/a.qcow2 vm')).toMatchObject({
      outputName: '/work/img/a',
      environment: { IMAGE_NAME: 'img/a' },
    });
    expect(request('-o a.qcow2 -t qcow2,raw vm').outputName).toBe('/work/a.qcow2');
    expect(request('-o a.qcow2 -t raw vm').outputName).toBe('/work/a.qcow2');
    expect(request('-o a.tgz -t tgz vm').outputName).toBe('/work/a');
  });

  it('hands the options to the hooks in their variables', { tags: ['cli.arch', 'cli.offline', 'cli.trace'] }, () => {
    const { environment } = request('-a arm64 --offline --image-size 4 -x -x --docker-target me/x vm', {
      DIB_DEBUG_TRACE: '1',
      DATASTORE_VERSION: '8',
    });

    expect(environment).toEqual({
      ARCH: 'arm64',
      IMAGE_NAME: 'image',
      DIB_OFFLINE: '1',
      DIB_IMAGE_SIZE: '4',
      DIB_DEBUG_TRACE: '3',
      DOCKER_TARGET: 'me/x',
      DATASTORE_VERSION: '8',
    });
  });

  it('adds nothing to the variables of the caller that no option says', () => {
    expect(request('vm', { DIB_OFFLINE: '', DIB_DEBUG_TRACE: '2' }).environment).toEqual({
      ARCH: 'amd64',
      IMAGE_NAME: 'image',
      DIB_OFFLINE: '',
      DIB_DEBUG_TRACE: '2',
    });
  });

  it('shows the install type to root.d hooks only where the caller had exported it', () => {
    expect(request('--install-type package vm').environment).not.toHaveProperty('DIB_DEFAULT_INSTALLTYPE');
    expect(
      request('--install-type package vm', { DIB_DEFAULT_INSTALLTYPE: 'source' }).environment.DIB_DEFAULT_INSTALLTYPE,
    ).toBe('package');
  });

  it('clears the environment for -c, but for what programs need and what options say', { tags: ['cli.clear'] }, () => {
    const { request: cleared } = build('-c --image-size 4 vm', {
      PATH: '/bin',
      HOME: '/home/ann',
      DIB_RELEASE: 'trixie',
      DIB_OFFLINE: '1',
      ELEMENTS_PATH: '/a',
      ARCH: 'arm64',
    });

    expect(cleared).toMatchObject({ isOffline: false, elementsPath: [], arch: 'amd64', size: { imageGib: 4 } });
    expect(Object.keys(cleared.environment).sort()).toEqual([
      'ARCH',
      'CLEAR_ENV',
      'DIB_IMAGE_SIZE',
      'HOME',
      'IMAGE_NAME',
      'PATH',
    ]);
  });

  it('falls silent with a log file unless told otherwise', { tags: ['cli.logfile', 'variables.quiet'] }, () => {
    expect(build('vm').presentation).toEqual({ isQuiet: false, hasTimestamps: true });
    expect(build('vm --logfile log').presentation).toEqual({
      isQuiet: true,
      hasTimestamps: true,
      logfile: '/work/log',
    });
    expect(build('vm --logfile log', { DIB_QUIET: '0' }).presentation.isQuiet).toBe(false);
    expect(build('vm', { DIB_QUIET: '1', DIB_NO_TIMESTAMP: '1', LOGFILE: 'x' }).presentation).toEqual({
      isQuiet: true,
      hasTimestamps: false,
    });
  });

  it('makes ramdisks under the name ramdisk-image-create', () => {
    expect(parse('deploy fedora', {}, 'ramdisk-image-create')).toMatchObject({ request: { purpose: 'ramdisk' } });
  });

  it('answers --help and --version before it looks at anything else', () => {
    expect(parse('-t nonsense --versio')).toEqual({ kind: 'version' });
    expect(parse('-h')).toEqual({ kind: 'help' });
  });

  it('warns that DIB_OFFLINE=0 is offline', { tags: ['subtle.15'] }, () => {
    expect(build('vm', { DIB_OFFLINE: '0' }).warnings).toEqual([
      expect.stringContaining('DIB_OFFLINE=0 means offline'),
    ]);
  });
});

describe('a command line that cannot be understood', () => {
  it.each([
    ['--image-sise 4 vm', "unrecognized option '--image-sise'", 'Did you mean --image-size?'],
    ['-z vm', "invalid option -- 'z'", undefined],
    ['-o', "option requires an argument -- 'o'", undefined],
    ['--image- 4 vm', /ambiguous; possibilities: '--image-size' '--image-extra-size' '--image-cache'/, undefined],
    ['', /No element is named/, /disk-image-create debian-minimal vm/],
    ['--image-size big vm', '--image-size is "big", which is not a size in GiB', /above 0/],
    ['--image-size 0 vm', '--image-size is "0", which is not a size in GiB', /above 0/],
    ['--image-size -1 vm', '--image-size is "-1", which is not a size in GiB', /above 0/],
    ['--mkfs-journal-size 1.5 vm', '--mkfs-journal-size is "1.5", which is not a size in MiB', /whole number/],
    ['-o out/ vm', '-o is "out/", which names no file', /Give the image a name/],
    ['-o .qcow2 vm', '-o is ".qcow2", which names no file', /Give the image a name/],
    ['-t , vm', '-t names no image format', /qcow2, raw/],
    ['--qemu-img-options compat=1,=x vm', '--qemu-img-options has "=x", which is not KEY=VALUE', /compat=0.10/],
  ])('%s', (line, message, hint) => {
    const error = errorOf(line);

    expect(error.code).toBe('USAGE');
    expect(error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    if (hint === undefined) expect(error.hint).toBeUndefined();
    else expect(error.hint).toMatch(hint);
  });

  it.each([
    ['DIB_IMAGE_SIZE', '5x', 'DIB_IMAGE_SIZE is "5x", which is not a size in GiB'],
    ['DIB_CHECKSUM', 'sha1', 'DIB_CHECKSUM is "sha1", which is not a checksum'],
    ['DIB_QCOW2_COMPRESSION', 'lz4', 'DIB_QCOW2_COMPRESSION is "lz4", which is not a compression of qcow2'],
    ['DIB_SQUASHFS_COMPRESSION', 'xz:9', 'DIB_SQUASHFS_COMPRESSION is "xz:9", which is not a compression of squashfs'],
    ['DIB_TGZ_COMPRESSION', 'gzip:0', 'DIB_TGZ_COMPRESSION is "gzip:0", which is not a compression of tgz'],
    ['DIB_TGZ_COMPRESSION', 'gzip:', 'DIB_TGZ_COMPRESSION is "gzip:", which is not a compression of tgz'],
    ['DIB_COMPRESSION_THREADS', '0', 'DIB_COMPRESSION_THREADS is "0", which is not a count of threads'],
    ['DIB_DEVICE_MODE', 'on', 'DIB_DEVICE_MODE is "on", which is not a use of block devices'],
    ['DIB_DEBUG_TRACE', 'yes', 'DIB_DEBUG_TRACE is "yes", which is not a level of tracing'],
    ['SOURCE_DATE_EPOCH', 'now', 'SOURCE_DATE_EPOCH is "now", which is not a time in seconds since 1970'],
    ['break', 'before-instal', 'The variable break names "before-instal", which is no place to stop'],
  ])('%s=%s in the environment', (name, value, message) => {
    expect(errorOf('vm', { [name]: value })).toMatchObject({ code: 'USAGE', message });
  });

  it('tells the format that was meant, and those there are', () => {
    expect(errorOf('-t qcow vm')).toMatchObject({
      code: 'FORMAT_UNKNOWN',
      message: 'There is no image format "qcow"',
      hint: expect.stringMatching(/^Did you mean qcow2\? Formats: qcow2, raw, tar/),
    });
  });

  it.each(['web', 'team/web:1', 'registry.example:5000/a__b/c-d.e:v1.2'])('takes %s as a name for Docker', (name) => {
    expect(request(`-t docker --docker-target ${name} vm`).dockerTarget).toBe(name);
    expect(request('-t docker vm', { DOCKER_TARGET: name }).dockerTarget).toBe(name);
  });

  it.each(['Web', 'web:', 'a b', '-web', 'a//b', '$(id)'])('refuses %s as a name for Docker', (name) => {
    const message = `DOCKER_TARGET is "${name}", which is no name of a Docker image`;
    expect(errorOf('-t docker vm', { DOCKER_TARGET: name })).toMatchObject({ code: 'USAGE', message });
  });

  it('finds the manifest of an aci image from the folder of the caller', () => {
    expect(request('-t aci vm', { ACI_MANIFEST: 'my.json' }).aciManifest).toBe('/work/my.json');
    expect(request('-t tar vm', { ACI_MANIFEST: 'my.json' }).aciManifest).toBeUndefined();
  });

  it('tells every fault at once', () => {
    const error = errorOf('--image-size x', { DIB_MIN_TMPFS: 'y' });

    expect(error.details.issues?.map((issue) => issue.message)).toEqual([
      'No element is named, and at least one has to provide an operating system',
      '--image-size is "x", which is not a size in GiB',
      'DIB_MIN_TMPFS is "y", which is not a size in GiB',
    ]);
  });
});
