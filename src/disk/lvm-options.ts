import { type Bytes, bytes, KIB, MIB } from '../model/bytes.ts';
import type { LayoutEntry } from './layout-entries.ts';
import { type LayoutContext, listValue, placeOf, report } from './layout-values.ts';

/** Extents of a volume group that was given no other size. */
const EXTENT_SIZE = bytes(4 * MIB);

/** Words for LVM's programs that ask for nothing where a new file is written, with or without a value in the same word. */
const WITHOUT_EFFECT =
  /^(--force|-f+|--yes|-y|--quiet|-q+|--verbose|-v+|--noudevsync|-(Z|W|an|ay|A) ?[yn]?|--(zero|wipesignatures|activate|autobackup)=\w+)$/;

/** The same words where the value is the next word. */
const WITH_VALUE = /^(-[ZWaA]|--(zero|wipesignatures|activate|autobackup))$/;

const EXTENT_WORD = /^(?:--physicalextentsize(?:=|$)|-s ?)(.*)$/;

/** Notes every option of a `pv` or `lv` that would need LVM's own programs. */
export function checkLvmOptions(context: LayoutContext, entry: LayoutEntry): void {
  readOptions(context, entry);
}

/** Extent size of a volume group: from its `options`, or the usual 4 MiB. Other options are noted as needing LVM's own programs. */
export function extentSize(context: LayoutContext, entry: LayoutEntry): Bytes {
  const written = readOptions(context, entry, EXTENT_WORD);
  if (written === undefined) return EXTENT_SIZE;
  const size = parseLvmSize(written);
  if (size !== undefined) return size;
  const hint = 'Write a power of two of 4 KiB or more, or a multiple of 128 KiB, such as 8M.';
  report(context, placeOf(entry, 'options'), `"${written}" cannot be the extent size of "${entry.name}"`, hint);
  return EXTENT_SIZE;
}

/** Walks the words and gives the value of the one that `wanted` fits, if any. */
function readOptions(context: LayoutContext, entry: LayoutEntry, wanted?: RegExp): string | undefined {
  let found: string | undefined;
  const words = listValue(context, entry, 'options').values();
  for (const word of words) {
    const value = wanted?.exec(word)?.[1]?.trim();
    if (value !== undefined) found = value === '' ? words.next().value : value;
    else if (WITH_VALUE.test(word)) words.next();
    else if (!WITHOUT_EFFECT.test(word)) needPrograms(context, entry, word);
  }
  return found;
}

function needPrograms(context: LayoutContext, entry: LayoutEntry, word: string): void {
  context.findings.mapperNeeds.push({
    message: `The option "${word}" of "${entry.name}" can only be followed by LVM's own programs`,
    place: placeOf(entry, 'options'),
    hint: 'Leave it out, if the image works without it.',
  });
}

const UNITS: Readonly<Record<string, number>> = { b: 1, s: 512, k: KIB, m: MIB, '': MIB, g: 1024 * MIB };

/** A size as LVM's programs write it: `8M`, `8192k`, `8` for MiB; undefined where it cannot be that of an extent. */
function parseLvmSize(text: string): Bytes | undefined {
  const match = /^(\d+)([bskmg]?)i?b?$/i.exec(text);
  const size = Number(match?.[1]) * (UNITS[match?.[2]?.toLowerCase() ?? ''] ?? Number.NaN);
  const isPower = size >= 4 * KIB && Number.isInteger(Math.log2(size));
  return isPower || (size > 0 && size % (128 * KIB) === 0) ? bytes(size) : undefined;
}
