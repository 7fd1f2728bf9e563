declare const bytesBrand: unique symbol;

/** A count of bytes: a non-negative safe integer. Every size and offset in ingot has this type. */
export type Bytes = number & { readonly [bytesBrand]: true };

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

/** Makes a `Bytes` of a number, rounding up to a whole byte. Throws `RangeError` when it is negative or not a safe integer. */
export function bytes(count: number): Bytes {
  const whole = Math.ceil(count);
  if (!Number.isSafeInteger(whole) || whole < 0) throw new RangeError(`${count} is not a count of bytes`);
  return whole as Bytes;
}

/** Rounds `value` up to a multiple of `unit`; both in bytes. */
export function roundUp(value: number, unit: number): Bytes {
  return bytes(Math.ceil(value / unit) * unit);
}

/** Writes a size for people: `1.5 GiB`, `418 MiB`, `12 B`. */
export function formatBytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}
