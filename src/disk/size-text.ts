import { type Bytes, bytes } from '../model/bytes.ts';

const UNITS: Readonly<Record<string, number>> = {
  TiB: 1024 ** 4,
  GiB: 1024 ** 3,
  MiB: 1024 ** 2,
  KiB: 1024,
  TB: 1000 ** 4,
  GB: 1000 ** 3,
  MB: 1000 ** 2,
  KB: 1000,
  T: 1000 ** 4,
  G: 1000 ** 3,
  M: 1000 ** 2,
  K: 1000,
  B: 1,
  '': 1,
};

/** What `parseSize` understands, for messages. */
export const SIZE_CHOICES =
  'a number and one of TiB, GiB, MiB, KiB (of 1024), TB, GB, MB, KB, T, G, M, K (of 1000), B or nothing';

/**
 * Reads an absolute size as block-device layouts write it: `8MiB`, `1.5 GiB`, `10G`, `4096`, and `GiB` for one.
 * @returns bytes, rounded down; undefined when it cannot be understood
 */
export function parseSize(text: string): Bytes | undefined {
  const match = /^(\d+\.?\d*|\.\d+)? ?([a-zA-Z]*)$/.exec(text.trim());
  const factor = match === null ? undefined : UNITS[match[2] ?? ''];
  if (match === null || factor === undefined || match[0] === '') return undefined;
  const count = Math.floor(Number(match[1] ?? 1) * factor);
  return Number.isSafeInteger(count) ? bytes(count) : undefined;
}

/** Reads `42%` or `33.3%`; undefined when it is not a percentage of 0 to 100. */
export function parsePercent(text: string): number | undefined {
  const match = /^(\d+\.?\d*|\.\d+) ?%$/.exec(text.trim());
  const percent = match === null ? Number.NaN : Number(match[1]);
  return percent > 0 && percent <= 100 ? percent : undefined;
}
