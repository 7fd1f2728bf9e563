import { IngotError } from '../model/error.ts';
import type { BuildRequest } from '../model/request.ts';
import type { FormatWriter } from './format-writer.ts';
import { writeCompressedQcow2 } from './qcow2-compressed.ts';
import { type Conversion, convertDisk } from './qemu-img.ts';

/**
 * `qcow2`. What the user gives to `qemu-img -o` wins over the chosen compression; zlib images are written so that QEMU 0.10 and anything
 * newer reads them, unless the user asks for another `compat`.
 */
export const qcow2Format = {
  source: 'disk',
  extension: 'qcow2',
  tools: () => ['qemu-img'],
  keepsOldImage: true,
  takesQemuOptions: true,
  neededBytes: ({ diskAllocated }) => Math.ceil(diskAllocated / 20),
  check: async ({ qcow2 }) => {
    chooseQcow2Way(qcow2);
  },
  write: async (input) => {
    const way = chooseQcow2Way(input.wish.qcow2);
    if (way.kind === 'own')
      await writeCompressedQcow2({
        source: input.source,
        target: input.target,
        version: way.version,
        level: way.level,
        signal: input.signal,
      });
    else await convertDisk(input, way.conversion);
  },
} as const satisfies FormatWriter;

/** How a qcow2 is made: zlib by ingot, on all cores with the same bytes each time; everything else by `qemu-img`. */
export type Qcow2Way =
  | { readonly kind: 'own'; readonly version: 2 | 3; readonly level?: number }
  | { readonly kind: 'qemu-img'; readonly conversion: Conversion };

/**
 * Settles compression and options of a qcow2.
 * @throws IngotError `USAGE` when an old `compat` is asked for together with zstd, which it cannot hold, or a level together with options
 *   that only `qemu-img` understands
 */
export function chooseQcow2Way(wish: BuildRequest['qcow2']): Qcow2Way {
  const compat = lastValue(wish.options, 'compat');
  const asked = lastValue(wish.options, 'compression_type');
  const isOld = compat === '0.10' || compat === 'v2';
  const type = asked ?? wish.compression.kind;
  if (isOld && wish.compression.kind !== 'none' && type === 'zstd') throw zstdNeedsNew(compat);

  const others = wish.options.filter((option) => !/^(compat|compression_type)=/.test(option));
  if (wish.compression.kind !== 'none' && type === 'zlib' && others.length === 0)
    return { kind: 'own', version: compat === undefined || isOld ? 2 : 3, level: wish.compression.level };
  if (wish.compression.level !== undefined)
    throw new IngotError('USAGE', `A qcow2 with ${wish.options.join(',')} has no levels of compression`, {
      hint: 'Leave the level away in DIB_QCOW2_COMPRESSION, or the options for qemu-img, which compresses such an image and knows no levels.',
    });
  return {
    kind: 'qemu-img',
    conversion: {
      format: 'qcow2',
      isCompressed: wish.compression.kind !== 'none',
      options: [...defaultsOf(wish, type, compat), ...wish.options],
    },
  };
}

function defaultsOf(wish: BuildRequest['qcow2'], type: string, compat: string | undefined): string[] {
  if (wish.compression.kind === 'none') return [];
  const hasType = lastValue(wish.options, 'compression_type') !== undefined;
  if (type === 'zlib') return compat === undefined && !hasType ? ['compat=0.10'] : [];
  return hasType ? [] : [`compression_type=${type}`];
}

function zstdNeedsNew(compat: string): IngotError {
  return new IngotError('USAGE', `A qcow2 with compat=${compat} cannot hold zstd compression`, {
    hint: 'Choose zlib compression (DIB_QCOW2_COMPRESSION=zlib), or leave out compat: readers need QEMU 5.1 or newer for zstd.',
  });
}

/** The last value that is given for a key, as `qemu-img` understands repeated keys. */
function lastValue(options: readonly string[], key: string): string | undefined {
  return options.findLast((option) => option.startsWith(`${key}=`))?.slice(key.length + 1);
}
