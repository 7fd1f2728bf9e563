import type { ImageFormat } from '../model/artifact.ts';
import { aciFormat } from './aci.ts';
import type { FormatWriter } from './format-writer.ts';
import { qcow2Format } from './qcow2.ts';
import { rawFormat } from './raw.ts';
import { squashfsFormat } from './squashfs.ts';
import { tarFormat } from './tar.ts';
import { tgzFormat } from './tgz.ts';
import { vdiFormat } from './vdi.ts';
import { vhdFormat } from './vhd.ts';
import { vhdxFormat } from './vhdx.ts';
import { vmdkFormat } from './vmdk.ts';

/** The writer of each image format. */
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
  aci: aciFormat,
} as const satisfies Record<ImageFormat, FormatWriter>;

/** The writer of a format. */
export function writerOf(format: ImageFormat): FormatWriter {
  return FORMAT_WRITERS[format];
}
