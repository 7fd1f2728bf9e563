import { z } from 'zod';
import { IMAGE_FORMATS } from '../model/artifact.ts';
import { optionOf, type SettingName } from './disk-image-create-options.ts';
import { sentence } from './help-text.ts';

/** A value that a key of an image may have. */
export type ImageValue = string | number | boolean | string[] | Record<string, string>;

interface ImageKeyEntry {
  readonly takes: 'text' | 'number' | 'switch' | 'list' | 'map';
  /** The values, or the items of a list, that are allowed; undefined where the form alone counts. */
  readonly choices?: readonly (string | number)[];
  /** The option that the value is for. */
  readonly setting?: SettingName;
  /** What it is about, where no option tells. */
  readonly help?: string;
}

/** The names of architectures that diskimage-builder's files may have. */
const ARCHITECTURES = [
  ...['aarch64', 'amd64', 'arm64', 'armhf', 'powerpc', 'ppc64', 'ppc64el', 'ppc64le', 's390x', 'x86_64'],
] as const;

/**
 * Every key of an image in a file for `diskimage-builder`, in the order of the options of the command that it becomes. The check of the
 * file, the help, the reference page and the JSON Schema all come from this table.
 */
export const IMAGE_KEYS = {
  imagename: { takes: 'text', setting: 'output' },
  arch: { takes: 'text', choices: ARCHITECTURES, setting: 'arch' },
  types: { takes: 'list', choices: IMAGE_FORMATS, setting: 'formats', help: 'formats to write' },
  environment: { takes: 'map', help: 'variables for the build of this image' },
  ramdisk: { takes: 'switch', help: 'make a kernel and a ramdisk, as ramdisk-image-create does' },
  'debug-trace': { takes: 'number', choices: [0, 1, 2], setting: 'trace', help: 'trace the hooks; 2 traces more' },
  uncompressed: { takes: 'switch', setting: 'uncompressed' },
  clear: { takes: 'switch', setting: 'clearEnvironment' },
  logfile: { takes: 'text', setting: 'logfile' },
  checksum: { takes: 'switch', setting: 'checksum' },
  'image-size': { takes: 'number', setting: 'imageSize', help: 'size of the disk in GiB' },
  'image-extra-size': { takes: 'number', setting: 'imageExtraSize' },
  'image-cache': { takes: 'text', setting: 'imageCache' },
  'max-online-resize': { takes: 'number', setting: 'maxOnlineResize' },
  'min-tmpfs': { takes: 'number', setting: 'minTmpfs' },
  'mkfs-journal-size': { takes: 'number', setting: 'journalSize' },
  'mkfs-options': { takes: 'text', setting: 'mkfsOptions' },
  'no-tmpfs': { takes: 'switch', setting: 'noTmpfs' },
  offline: { takes: 'switch', setting: 'offline' },
  'qemu-img-options': { takes: 'map', setting: 'qemuImgOptions' },
  'root-label': { takes: 'text', setting: 'rootLabel' },
  'ramdisk-element': { takes: 'text', setting: 'ramdiskElement' },
  'install-type': { takes: 'text', choices: ['source', 'package'], setting: 'installType' },
  'docker-target': { takes: 'text', setting: 'dockerTarget' },
  packages: { takes: 'list', setting: 'packages' },
  'skip-base': { takes: 'switch', setting: 'skipBase' },
  elements: { takes: 'list', help: 'elements; one of them has to provide an operating system' },
} as const satisfies Record<string, ImageKeyEntry>;

/** Name of a key of an image, such as `imagename`. */
export type ImageKey = keyof typeof IMAGE_KEYS;

/** The table's entry for a key, in its general form. */
export function imageKeyEntry(key: ImageKey): ImageKeyEntry {
  return IMAGE_KEYS[key];
}

/** True for the name of a key. */
export function isImageKey(name: string): name is ImageKey {
  return Object.hasOwn(IMAGE_KEYS, name);
}

/** Keys in the table's order. */
export const IMAGE_KEY_NAMES: readonly ImageKey[] = Object.keys(IMAGE_KEYS).filter(isImageKey);

/** What a key is about, for people, without a full stop at the end. */
export function imageKeyHelp(key: ImageKey): string {
  const { help, setting } = imageKeyEntry(key);
  return help ?? (setting === undefined ? '' : optionOf(setting).help);
}

/** What the value of a key has to be, for people: `a list of words`. */
export function expectedValue(key: ImageKey): string {
  const { takes, choices } = imageKeyEntry(key);
  if (choices !== undefined) return `${takes === 'list' ? 'a list' : 'one'} of ${choices.join(', ')}`;
  const forms = {
    text: 'text',
    number: 'a whole number from 1 on',
    switch: 'true or false',
    list: 'a list of words',
    map: 'a map from names to texts',
  };
  return forms[takes];
}

function valueSchema(key: ImageKey): z.ZodType<ImageValue> {
  const { takes, choices } = imageKeyEntry(key);
  const word = choices === undefined ? z.string() : z.enum(choices.map(String));
  const schemas = {
    text: word,
    number: choices === undefined ? z.int().min(1) : z.literal(choices.map(Number)),
    switch: z.boolean(),
    list: z.array(word),
    map: z.record(z.string(), z.string()),
  };
  return schemas[takes];
}

/** What a file of images has to look like. */
export const ImageFile = z.array(
  z.strictObject(
    Object.fromEntries(
      IMAGE_KEY_NAMES.map((key) => [
        key,
        valueSchema(key)
          .optional()
          .describe(sentence(imageKeyHelp(key))),
      ]),
    ),
  ),
);

/** The JSON Schema of a file of images, for editors that complete and check YAML. */
export function imageFileJsonSchema(): string {
  const schema = z.toJSONSchema(ImageFile, { target: 'draft-7', io: 'input' });
  const { $schema, ...rest } = schema;
  const head = { $schema, title: 'Images for diskimage-builder', description: 'Each item describes one image.' };
  return `${JSON.stringify({ ...head, ...rest }, undefined, 2)}\n`;
}
