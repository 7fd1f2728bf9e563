import { type FileFormat, type ImageFormat, isFileFormat } from '../model/artifact.ts';
import { aciFormat } from './aci.ts';
import { dockerFormat } from './docker.ts';
import type { FormatFacts, FormatWriter } from './format-writer.ts';
import { ociFormat } from './oci.ts';
import { qcow2Format } from './qcow2.ts';
import { rawFormat } from './raw.ts';
import { squashfsFormat } from './squashfs.ts';
import { tarFormat } from './tar.ts';
import { tgzFormat } from './tgz.ts';
import { vdiFormat } from './vdi.ts';
import { vhdFormat } from './vhd.ts';
import { vhdxFormat } from './vhdx.ts';
import { vmdkFormat } from './vmdk.ts';

/** The writer of each format of a file. */
const FORMAT_WRITERS = {
  qcow2: qcow2Format,
  raw: rawFormat,
  tar: tarFormat,
  tgz: tgzFormat,
  vmdk: vmdkFormat,
  vdi: vdiFormat,
  vhd: vhdFormat,
  vhdx: vhdxFormat,
  squashfs: squashfsFormat,
  oci: ociFormat,
  aci: aciFormat,
} as const satisfies Record<FileFormat, FormatWriter>;

/** The writer of a format. */
export function writerOf(format: FileFormat): FormatWriter {
  return FORMAT_WRITERS[format];
}

/** What has to be known of a format, whether it becomes a file or not. */
export function factsOf(format: ImageFormat): FormatFacts {
  return isFileFormat(format) ? writerOf(format) : dockerFormat;
}
