import { IMAGE_FORMATS, type ImageFormat, isImageFormat } from '../model/artifact.ts';
import { IngotError } from '../model/error.ts';
import { PHASE_NAMES } from '../model/phase.ts';
import type { BuildRequest } from '../model/request.ts';
import type { SettingReader } from './setting-reader.ts';
import { suggest } from './suggest.ts';

export function readFormats(reader: SettingReader): readonly ImageFormat[] {
  const written = reader.written('formats');
  if (written === undefined) return ['qcow2'];
  const names = written.text.split(/[\s,]+/).filter((name) => name !== '');
  if (names.length === 0) reader.fault(`${written.from} names no image format`, `Formats: ${IMAGE_FORMATS.join(', ')}`);
  return [...new Set(names)].map(toFormat);
}

function toFormat(name: string): ImageFormat {
  if (isImageFormat(name)) return name;
  const formats = `Formats: ${IMAGE_FORMATS.join(', ')}`;
  const suggestion = suggest(name, IMAGE_FORMATS);
  throw new IngotError('FORMAT_UNKNOWN', `There is no image format "${name}"`, {
    hint: suggestion === undefined ? formats : `Did you mean ${suggestion}? ${formats}`,
  });
}

/** The image's name as written, without the extension that its only format adds anyway. */
export function readOutputName(reader: SettingReader, formats: readonly ImageFormat[]): string {
  const written = reader.written('output') ?? { text: 'image', from: 'IMAGE_NAME' };
  const [format, ...others] = formats;
  const extension = `.${format}`;
  const hasExtension = others.length === 0 && written.text.endsWith(extension);
  const name = hasExtension ? written.text.slice(0, -extension.length) : written.text;
  if (name === '' || name.endsWith('/') || /(^|\/)\.\.?$/.test(name)) {
    reader.fault(`${written.from} is "${written.text}", which names no file`, 'Give the image a name, such as debian.');
  }
  return name;
}

/** Divides at single commas: qemu-img reads a doubled one as a comma within a value. */
export function readQemuOptions(reader: SettingReader): readonly string[] {
  const written = reader.written('qemuImgOptions');
  if (written === undefined) return [];
  const options = written.text.split(/(?<!,),(?!,)/).map((option) => option.trim());
  const wrong = options.find((option) => !/^[\w.-]+(=.*)?$/.test(option));
  if (wrong !== undefined) {
    reader.fault(
      `${written.from} has "${wrong}", which is not KEY=VALUE`,
      'Write options such as compat=0.10,cluster_size=2M.',
    );
  }
  return options;
}

export function readChecksums(reader: SettingReader): BuildRequest['checksums'] {
  const written = reader.written('checksum');
  if (written === undefined || written.text === '0') return [];
  if (written.text === '1') return ['md5', 'sha256'];
  const names = written.text.split(',').map((name) => name.trim());
  return [
    ...new Set(
      names.flatMap((text) => reader.choice({ ...written, text }, 'a checksum', ['md5', 'sha256', '0', '1']) ?? []),
    ),
  ].filter((name) => name === 'md5' || name === 'sha256');
}

export function readSize(reader: SettingReader): BuildRequest['size'] {
  const mebi = /(M|MB|MiB)$/i;
  return {
    imageGib: reader.number('imageSize', { what: 'a size in GiB', suffix: /(G|GB|GiB)$/i }),
    extraMib: reader.number('imageExtraSize', { what: 'a size in MiB', suffix: mebi, atLeast: 0 }),
    journalMib: reader.number('journalSize', { what: 'a size in MiB', suffix: mebi, isWhole: true }) ?? 64,
    maxOnlineResize: reader.number('maxOnlineResize', { what: 'a count of filesystem blocks', isWhole: true }),
  };
}

export function readDeviceMode(reader: SettingReader): BuildRequest['deviceMode'] {
  const value = reader.variable('DIB_DEVICE_MODE');
  return reader.choice(value, 'a use of block devices', ['auto', 'always', 'never']) ?? 'auto';
}

export function readTmpfs(reader: SettingReader): BuildRequest['tmpfs'] {
  const gentooProfile = reader.variable('GENTOO_PROFILE')?.text ?? '';
  return {
    isAllowed: !reader.isOn('noTmpfs') && !gentooProfile.includes('hardened'),
    minGib: reader.number('minTmpfs', { what: 'a size in GiB', suffix: /(G|GB|GiB)$/i, atLeast: 0 }) ?? 2,
  };
}

export function readBreaks(reader: SettingReader): BuildRequest['breaks'] {
  const phases = PHASE_NAMES.map((phase) => phase.slice(0, -'.d'.length));
  const choices = ['after-error', ...phases.flatMap((phase) => [`before-${phase}`, `after-${phase}`])];
  const points = (reader.variable('break')?.text ?? '').split(',').filter((point) => point !== '');
  for (const point of points) {
    if (choices.includes(point)) continue;
    const suggestion = suggest(point, choices);
    const question = suggestion === undefined ? '' : `Did you mean ${suggestion}? `;
    reader.fault(
      `The variable break names "${point}", which is no place to stop`,
      `${question}Places: after-error, and before- or after- with one of ${phases.join(', ')}.`,
    );
  }
  return {
    points,
    command: reader.variable('break_cmd')?.text,
    outsideTarget: reader.variable('break_outside_target') !== undefined,
  };
}

export function readTrace(reader: SettingReader): number {
  const level = reader.numberOf(reader.variable('DIB_DEBUG_TRACE'), {
    what: 'a level of tracing',
    isWhole: true,
    atLeast: 0,
  });
  return (level ?? 0) + reader.count('trace');
}

export function readImageUsage(reader: SettingReader): BuildRequest['showsImageUsage'] {
  const isOn = (name: string): boolean => (reader.variable(name)?.text ?? '0') !== '0';
  if (!isOn('DIB_SHOW_IMAGE_USAGE')) return 'no';
  return isOn('DIB_SHOW_IMAGE_USAGE_FULL') ? 'full' : 'large';
}
