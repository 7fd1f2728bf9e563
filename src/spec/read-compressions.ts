import { COMPRESSIONS, type CompressedFormat, type Compression } from '../model/compression.ts';
import type { BuildRequest } from '../model/request.ts';
import type { SettingReader, WrittenValue } from './setting-reader.ts';

/** @param chosen by an option of the command itself, which goes before the variable */
export function readQcow2Compression(
  reader: SettingReader,
  chosen: WrittenValue | undefined,
): Compression<'qcow2'> | undefined {
  if (reader.count('uncompressed') > 0) return { kind: 'none' };
  return readCompression(reader, 'qcow2', COMPRESSIONS.qcow2, chosen ?? reader.variable('DIB_QCOW2_COMPRESSION'));
}

export function readCompressions(reader: SettingReader): BuildRequest['compression'] {
  const tgz = reader.variable('DIB_TGZ_COMPRESSION');
  const oci = reader.variable('DIB_OCI_COMPRESSION');
  const squashfs = reader.variable('DIB_SQUASHFS_COMPRESSION');
  return {
    tgz: readCompression(reader, 'tgz', COMPRESSIONS.tgz, tgz) ?? { kind: 'gzip' },
    squashfs: readCompression(reader, 'squashfs', COMPRESSIONS.squashfs, squashfs) ?? { kind: 'xz' },
    oci: readCompression(reader, 'oci', COMPRESSIONS.oci, oci) ?? { kind: 'gzip' },
    threads: reader.numberOf(reader.variable('DIB_COMPRESSION_THREADS'), {
      what: 'a count of threads',
      isWhole: true,
    }),
  };
}

type LevelTable<Kind extends string> = Readonly<Record<Kind, readonly [least: number, most: number] | undefined>>;

/** What a person chose by `KIND` or `KIND:LEVEL`; undefined for nothing, and for what is no choice, which becomes an issue. */
function readCompression<Kind extends string>(
  reader: SettingReader,
  format: CompressedFormat,
  table: LevelTable<Kind>,
  written: WrittenValue | undefined,
): { readonly kind: Kind; readonly level?: number } | undefined {
  if (written === undefined) return undefined;
  const [name = '', digits, ...more] = written.text.split(':');
  const kind = Object.keys(table).find((key): key is Kind => key === name);
  if (kind !== undefined && digits === undefined) return { kind };
  if (kind !== undefined && more.length === 0 && /^[0-9]+$/.test(digits ?? '')) {
    const [least, most] = table[kind] ?? [1, 0];
    const level = Number(digits);
    if (least <= level && level <= most) return { kind, level };
  }
  reader.fault(
    `${written.from} is "${written.text}", which is not a compression of ${format}`,
    `Choose from: ${choicesOf(table).join(', ')}.`,
  );
  return undefined;
}

function choicesOf<Kind extends string>(table: LevelTable<Kind>): readonly string[] {
  const kinds = Object.keys(table).filter((key): key is Kind => Object.hasOwn(table, key));
  return kinds.map((kind) => {
    const levels = table[kind];
    return levels === undefined ? kind : `${kind} (also ${kind}:${levels[0]} to ${kind}:${levels[1]})`;
  });
}
