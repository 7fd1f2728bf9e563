import { quoteForBash } from '../model/bash-word.ts';
import type { Environment } from '../model/request.ts';
import { optionOf } from './disk-image-create-options.ts';
import type { ImageDefinition } from './image-file.ts';
import { IMAGE_KEY_NAMES, type ImageKey, type ImageValue, imageKeyEntry } from './image-file-keys.ts';

/** The command line that an image of a file stands for. */
export interface ImageCommand {
  readonly command: 'disk-image-create' | 'ramdisk-image-create';
  readonly words: readonly string[];
  /** Variables of the image alone; they go before the caller's. */
  readonly environment: Environment;
}

/** The command that builds an image. */
export function imageCommand({ values }: ImageDefinition): ImageCommand {
  const { environment, ramdisk } = values;
  return {
    command: ramdisk === true ? 'ramdisk-image-create' : 'disk-image-create',
    words: IMAGE_KEY_NAMES.flatMap((key) => {
      const value = values[key];
      return value === undefined ? [] : wordsOf(key, value);
    }),
    environment: isMap(environment) ? environment : {},
  };
}

/** A command as a person would type it into a shell, with its variables in front. */
export function commandText({ command, words, environment }: ImageCommand): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoteForBash(value)}`);
  return [...variables, command, ...words.map(quoteForBash)].join(' ');
}

/** The option that a key stands for, such as `-o`; undefined where it stands for none. */
export function optionTextOf(key: ImageKey): string | undefined {
  const { setting } = imageKeyEntry(key);
  if (setting === undefined) return undefined;
  const { letter, long } = optionOf(setting);
  return letter === undefined ? `--${long}` : `-${letter}`;
}

function wordsOf(key: ImageKey, value: ImageValue): readonly string[] {
  if (key === 'elements' && Array.isArray(value)) return value;
  const option = optionTextOf(key);
  if (option === undefined) return [];
  if (typeof value === 'boolean' || key === 'debug-trace') return Array.from({ length: Number(value) }, () => option);
  const text = argumentText(value);
  return text === '' ? [] : [option, text];
}

function argumentText(value: ImageValue): string {
  if (Array.isArray(value)) return value.join(',');
  if (!isMap(value)) return String(value);
  return Object.entries(value)
    .map(([name, text]) => `${name}=${text}`)
    .join(',');
}

function isMap(value: ImageValue | undefined): value is Record<string, string> {
  return typeof value === 'object' && !Array.isArray(value);
}
