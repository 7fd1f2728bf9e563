import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Element } from '../model/element.ts';
import { IngotError } from '../model/error.ts';

/** The layout of an image whose elements bring none: the root filesystem from the first byte to the last. */
export const UNPARTITIONED_LAYOUT = `
- local_loop:
    name: image0
    mkfs:
      name: mkfs_root
      mount:
        mount_point: /
        fstab:
          options: "defaults"
          fsck-passno: 1
`;

/** Where a layout was found. */
export interface LayoutSource {
  readonly text: string;
  /** Name for messages: a path, `DIB_BLOCK_DEVICE_CONFIG`, or `built-in layout`. */
  readonly file: string;
}

/** What a layout is when nobody has written one. */
export const UNPARTITIONED: LayoutSource = { text: UNPARTITIONED_LAYOUT, file: 'built-in layout' };

/**
 * Finds the layout of an image: `DIB_BLOCK_DEVICE_CONFIG` (YAML, or `file://PATH`), then the first element that has
 * `block-device-ARCH.yaml` or `block-device-default.yaml`, then the root filesystem without partitions.
 * @param config the value of `DIB_BLOCK_DEVICE_CONFIG`
 * @param arch Debian's name of the architecture; `ppc64le` and `ppc64el` are one
 * @throws IngotError `LAYOUT_INVALID` when the file that was named cannot be read
 */
export function findLayout(config: string | undefined, elements: readonly Element[], arch: string): LayoutSource {
  if (config?.startsWith('file://')) return readNamed(config);
  if (config !== undefined && config.trim() !== '') return { text: config, file: 'DIB_BLOCK_DEVICE_CONFIG' };
  const name = arch === 'ppc64le' ? 'ppc64el' : arch;
  for (const element of elements) {
    for (const suffix of [name, 'default']) {
      const file = path.join(element.path, `block-device-${suffix}.yaml`);
      const text = readIfPresent(file);
      if (text !== undefined) return { text, file };
    }
  }
  return UNPARTITIONED;
}

function readNamed(config: string): LayoutSource {
  const file = config.slice('file://'.length);
  const text = readIfPresent(file);
  if (text !== undefined) return { text, file };
  throw new IngotError('LAYOUT_INVALID', `The block-device layout ${file} cannot be read`, {
    place: { file: 'DIB_BLOCK_DEVICE_CONFIG' },
    hint: 'DIB_BLOCK_DEVICE_CONFIG has to be YAML text, or file:// and the path of a YAML file.',
  });
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return undefined;
    throw error;
  }
}
