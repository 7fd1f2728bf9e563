import { IMAGE_FORMATS } from '../model/artifact.ts';

/** One option of `disk-image-create` and `ramdisk-image-create`. */
export interface CommandOption {
  readonly letter?: string;
  readonly long?: string;
  /** Name of the argument in help texts; undefined for a switch. */
  readonly argument?: string;
  /** What the option is about, for people: a sentence or two without a full stop at the end. */
  readonly help: string;
  /** What holds without the option, in words; undefined where nothing does. */
  readonly fallback?: string;
  /** Variable of the caller's environment that says the same when the option is not given. */
  readonly reads?: string;
  /** Variable that carries the option's value to the hooks. */
  readonly exports?: string;
  /** Value of the exported variable for a switch; `1` unless told. */
  readonly switchValue?: string;
  /** True where giving it again adds instead of replacing. */
  readonly repeats?: true;
}

/**
 * Every option of the DIB commands. The parser, `--help` and the reference page all come from this table; the order is theirs.
 * The names are also those of the settings of a build, which `ingot build` spells in its own way.
 */
export const DISK_IMAGE_CREATE_OPTIONS = {
  arch: {
    letter: 'a',
    argument: 'ARCH',
    help: "machine architecture of the image, by Debian's name: amd64, arm64, armhf",
    fallback: "the machine's own",
    reads: 'ARCH',
    exports: 'ARCH',
  },
  output: {
    letter: 'o',
    argument: 'NAME',
    help: 'file name of the image; each format adds its own extension',
    fallback: 'image',
    reads: 'IMAGE_NAME',
    exports: 'IMAGE_NAME',
  },
  formats: {
    letter: 't',
    argument: 'FORMAT[,FORMAT]',
    help: `formats to write: ${IMAGE_FORMATS.join(', ')}`,
    fallback: 'qcow2',
  },
  trace: {
    letter: 'x',
    help: 'trace the hooks with set -x; twice for more',
    reads: 'DIB_DEBUG_TRACE',
    exports: 'DIB_DEBUG_TRACE',
    repeats: true,
  },
  uncompressed: {
    letter: 'u',
    help: 'leave qcow2 images uncompressed: larger files, sooner',
    fallback: 'compressed',
    exports: 'COMPRESS_IMAGE',
    switchValue: '',
  },
  clearEnvironment: {
    letter: 'c',
    help: 'start from an empty environment: of the variables of the caller only HOME, LANG, LOGNAME, PATH, TERM and USER remain',
    reads: 'CLEAR_ENV',
    exports: 'CLEAR_ENV',
  },
  skipBase: {
    letter: 'n',
    help: 'do not add the element base',
    reads: 'SKIP_BASE',
    exports: 'SKIP_BASE',
  },
  packages: {
    letter: 'p',
    argument: 'PACKAGE[,PACKAGE]',
    help: 'more packages to install, once, after the install.d phase',
    repeats: true,
  },
  checksum: {
    long: 'checksum',
    help: 'write MD5 and SHA-256 files next to each image',
    reads: 'DIB_CHECKSUM',
    exports: 'DIB_CHECKSUM',
  },
  imageSize: {
    long: 'image-size',
    argument: 'GIB',
    help: 'size of the disk in GiB, decimals allowed',
    fallback: 'what the files take and two thirds more',
    reads: 'DIB_IMAGE_SIZE',
    exports: 'DIB_IMAGE_SIZE',
  },
  imageExtraSize: {
    long: 'image-extra-size',
    argument: 'MIB',
    help: 'room in MiB to add to what the files take, instead of two thirds',
    reads: 'DIB_IMAGE_EXTRA_SIZE',
    exports: 'DIB_IMAGE_EXTRA_SIZE',
  },
  imageCache: {
    long: 'image-cache',
    argument: 'FOLDER',
    help: 'where downloads and layers are kept',
    fallback: '~/.cache/image-create',
    reads: 'DIB_IMAGE_CACHE',
    exports: 'DIB_IMAGE_CACHE',
  },
  maxOnlineResize: {
    long: 'max-online-resize',
    argument: 'BLOCKS',
    help: 'filesystem blocks up to which a mounted ext4 root can grow; the more, the more room the filesystem takes for itself',
    reads: 'MAX_ONLINE_RESIZE',
    exports: 'MAX_ONLINE_RESIZE',
  },
  journalSize: {
    long: 'mkfs-journal-size',
    argument: 'MIB',
    help: 'size of the journal of an ext4 root in MiB',
    fallback: '64',
    reads: 'DIB_JOURNAL_SIZE',
    exports: 'DIB_JOURNAL_SIZE',
  },
  mkfsOptions: {
    long: 'mkfs-options',
    argument: 'OPTIONS',
    help: 'options for the mkfs of the root filesystem, as one argument with blanks between them',
  },
  minTmpfs: {
    long: 'min-tmpfs',
    argument: 'GIB',
    help: 'build in memory only where at least this many GiB can be used',
    fallback: '2',
    reads: 'DIB_MIN_TMPFS',
    exports: 'DIB_MIN_TMPFS',
  },
  noTmpfs: {
    long: 'no-tmpfs',
    help: 'build on disk, not in memory',
    reads: 'DIB_NO_TMPFS',
    exports: 'DIB_NO_TMPFS',
  },
  offline: {
    long: 'offline',
    help: 'use what is in the cache and do not ask whether there is something newer',
    reads: 'DIB_OFFLINE',
    exports: 'DIB_OFFLINE',
  },
  qemuImgOptions: {
    long: 'qemu-img-options',
    argument: 'KEY=VALUE[,KEY=VALUE]',
    help: 'options for qemu-img -o, for the formats that qemu-img writes',
    reads: 'QEMU_IMG_OPTIONS',
  },
  rootLabel: {
    long: 'root-label',
    argument: 'LABEL',
    help: 'label of the root filesystem',
    fallback: 'cloudimg-rootfs',
    reads: 'ROOT_LABEL',
  },
  ramdiskElement: {
    long: 'ramdisk-element',
    argument: 'ELEMENT',
    help: 'element that makes the ramdisk',
    fallback: 'ramdisk',
    reads: 'RAMDISK_ELEMENT',
  },
  installType: {
    long: 'install-type',
    argument: 'TYPE',
    help: 'how elements install what they offer in several ways: source or package',
    fallback: 'source',
    reads: 'DIB_DEFAULT_INSTALLTYPE',
  },
  dockerTarget: {
    long: 'docker-target',
    argument: 'REPOSITORY[:TAG]',
    help: 'name of the image in Docker, which the format docker needs; images of the format oci have it too',
    reads: 'DOCKER_TARGET',
    exports: 'DOCKER_TARGET',
  },
  logfile: {
    long: 'logfile',
    argument: 'FILE',
    help: 'append the log to this file, and print it no more unless DIB_QUIET=0',
    exports: 'LOGFILE',
  },
  help: { letter: 'h', long: 'help', help: 'show this text and exit' },
  version: { long: 'version', help: 'show the version and exit' },
} as const satisfies Record<string, CommandOption>;

/** Name of a setting of a build, such as `imageSize`. */
export type SettingName = keyof typeof DISK_IMAGE_CREATE_OPTIONS;

/** The table's entry for a setting, in its general form. */
export function optionOf(setting: SettingName): CommandOption {
  return DISK_IMAGE_CREATE_OPTIONS[setting];
}

/** Setting names in the table's order. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(DISK_IMAGE_CREATE_OPTIONS).filter(
  (name): name is SettingName => Object.hasOwn(DISK_IMAGE_CREATE_OPTIONS, name),
);

/** A variable that the commands read and that no option stands for. */
export interface CommandVariable {
  readonly fallback?: string;
  readonly help: string;
}

/** The variables of the caller's environment that steer a build beside those of the options. Elements read more of their own. */
export const COMMAND_VARIABLES = {
  ELEMENTS_PATH: { help: 'folders with elements, separated by colons; the bundled elements come last' },
  FS_TYPE: { fallback: 'ext4', help: 'type of the root filesystem' },
  DIB_BLOCK_DEVICE_CONFIG: { help: "layout of the disk as YAML, or file://PATH; goes before the elements' layouts" },
  DIB_CCACHE_DIR: {
    fallback: 'ccache in the folder of --image-cache',
    help: 'folder that hooks in the chroot see as /tmp/ccache, where CCACHE_DIR leads',
  },
  DIB_DEVICE_MODE: {
    fallback: 'auto',
    help: 'auto gives the last phases a block device where a hook needs one, which takes root; always or never',
  },
  DIB_QCOW2_COMPRESSION: {
    fallback: 'zlib for the DIB commands, zstd for ingot build',
    help: 'how qcow2 images are compressed: zlib, which every reader knows, zlib:1 to zlib:9, zstd or none',
  },
  DIB_TGZ_COMPRESSION: { fallback: 'gzip, at its own level', help: 'gzip:1 to gzip:9' },
  DIB_GZIP_BIN: { fallback: 'pigz', help: 'program that compresses tgz images; its level is 9 unless told' },
  DIB_SQUASHFS_COMPRESSION: {
    fallback: 'xz',
    help: 'how squashfs images are compressed: xz, zstd, zstd:1 to zstd:22, gzip, gzip:1 to gzip:9 or lz4',
  },
  DIB_OCI_COMPRESSION: {
    fallback: 'gzip',
    help: 'how the layer of an oci image is compressed: gzip, gzip:1 to gzip:9, zstd, zstd:1 to zstd:19 or none',
  },
  DIB_COMPRESSION_THREADS: {
    fallback: 'the count of processors',
    help: 'threads of the programs that compress tgz, squashfs and oci images',
  },
  ACI_MANIFEST: { help: 'manifest of an aci image, a file' },
  OVERWRITE_OLD_IMAGE: {
    fallback: '0',
    help: '1 overwrites an image of the same name; else it is kept under a new name',
  },
  DIB_SHOW_IMAGE_USAGE: { fallback: '0', help: '1 lists what takes 10 MiB and more in the image' },
  DIB_SHOW_IMAGE_USAGE_FULL: { fallback: '0', help: '1 makes that list complete' },
  DIB_NO_TIMESTAMP: { fallback: '0', help: '1 prints lines without the time in front' },
  DIB_QUIET: { fallback: '0, or 1 with --logfile', help: '1 prints nothing' },
  TMPDIR: { fallback: 'TMP_DIR, else /tmp', help: 'folder for the files of a running build' },
  SOURCE_DATE_EPOCH: {
    fallback: 'the time of the newest package index',
    help: 'seconds since 1970 for every time in the image',
  },
  break: { help: 'where to stop for a shell: before-PHASE, after-PHASE, after-error, separated by commas' },
  break_cmd: { fallback: 'bash', help: 'command to run there instead of a shell, outside the chroot' },
  break_outside_target: { help: 'any value opens the shell of after-error outside the chroot' },
} as const satisfies Record<string, CommandVariable>;
