import type { SettingName } from './disk-image-create-options.ts';
import type { GivenSettings, WrittenValue } from './setting-reader.ts';

/** One option of `ingot build` and `ingot plan`. */
export interface IngotOption {
  /** As commander reads it, such as `-s, --size <gib>`. */
  readonly flags: string;
  readonly help: string;
  readonly fallback?: string;
  /** The setting of a build that it sets; undefined for one of the command's own. */
  readonly setting?: SettingName;
  /** True where it can be given several times. */
  readonly repeats?: true;
}

/** Every option of `ingot build`, by the name under which commander hands on its value. */
const INGOT_BUILD_OPTIONS = {
  output: { flags: '-o, --output <name>', help: 'file name of the image', fallback: 'image', setting: 'output' },
  format: {
    flags: '-f, --format <format>',
    help: 'format to write; several with commas or by giving it again',
    fallback: 'qcow2',
    setting: 'formats',
    repeats: true,
  },
  arch: {
    flags: '-a, --arch <arch>',
    help: "machine architecture, by Debian's name",
    fallback: "the machine's own",
    setting: 'arch',
  },
  size: { flags: '-s, --size <gib>', help: 'size of the disk in GiB', setting: 'imageSize' },
  extraSize: {
    flags: '--extra-size <mib>',
    help: 'room in MiB to add to what the files take',
    setting: 'imageExtraSize',
  },
  package: {
    flags: '-p, --package <package>',
    help: 'another package to install; several with commas or by giving it again',
    setting: 'packages',
    repeats: true,
  },
  compression: {
    flags: '--compression <kind>',
    help: 'how qcow2 images are compressed: zstd, zlib or none',
    fallback: 'zstd',
  },
  qemuOptions: {
    flags: '--qemu-options <options>',
    help: 'options for qemu-img -o, KEY=VALUE with commas between them',
    setting: 'qemuImgOptions',
  },
  dockerTarget: {
    flags: '--docker-target <name>',
    help: 'name of the image in Docker, for the formats docker and oci',
    setting: 'dockerTarget',
  },
  checksum: { flags: '--checksum', help: 'write MD5 and SHA-256 files next to each image', setting: 'checksum' },
  rootLabel: { flags: '--root-label <label>', help: 'label of the root filesystem', setting: 'rootLabel' },
  mkfsOptions: {
    flags: '--mkfs-options <options>',
    help: 'options for the mkfs of the root filesystem',
    setting: 'mkfsOptions',
  },
  cache: {
    flags: '--cache <folder>',
    help: 'where downloads and layers are kept',
    fallback: '~/.cache/image-create',
    setting: 'imageCache',
  },
  offline: { flags: '--offline', help: 'use what is in the cache', setting: 'offline' },
  refresh: { flags: '--refresh', help: 'run again the hooks that may have read the network themselves' },
  base: { flags: '--no-base', help: 'do not add the element base', setting: 'skipBase' },
  tmpfs: { flags: '--no-tmpfs', help: 'build on disk, not in memory', setting: 'noTmpfs' },
  trace: { flags: '-x, --trace', help: 'trace the hooks with set -x', setting: 'trace' },
} as const satisfies Record<string, IngotOption>;

/** The options' entries with their names, in the table's order. */
export const INGOT_BUILD_OPTION_LIST: readonly (readonly [string, IngotOption])[] = Object.entries(INGOT_BUILD_OPTIONS);

/** What a person wrote, as the settings of a build. */
export interface IngotBuildValues {
  readonly given: GivenSettings;
  readonly compression?: WrittenValue;
  readonly refreshes: boolean;
}

/**
 * Turns the option values that commander hands on into settings.
 * @param values text for an option with an argument, a list where it repeats, true for a switch and false for a `--no-` switch
 */
export function readIngotBuildValues(values: Readonly<Record<string, unknown>>): IngotBuildValues {
  const given = new Map<SettingName, readonly WrittenValue[]>();
  for (const [name, option] of INGOT_BUILD_OPTION_LIST) {
    const text = textOf(values[name], option);
    if (option.setting !== undefined && text !== undefined) {
      given.set(option.setting, [{ text, from: longNameOf(option) }]);
    }
  }
  const compression = textOf(values.compression, INGOT_BUILD_OPTIONS.compression);
  return {
    given,
    compression:
      compression === undefined ? undefined : { text: compression, from: longNameOf(INGOT_BUILD_OPTIONS.compression) },
    refreshes: values.refresh === true,
  };
}

/** `--size` for `-s, --size <gib>`. */
function longNameOf(option: IngotOption): string {
  return /--[a-z-]+/.exec(option.flags)?.[0] ?? option.flags;
}

function textOf(value: unknown, option: IngotOption): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.join(',');
  // commander hands on true for a --no- switch that is not there
  return value === !option.flags.includes('--no-') ? '1' : undefined;
}
