/** A mount as fstab(5) describes it. */
export interface TableMount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  /** Separated by commas. */
  readonly options: string;
}

/** Mounts, in order, as a file that mount(8) takes in place of `/etc/fstab`. */
export function mountTable(mounts: readonly TableMount[]): string {
  return mounts
    .map(({ source, target, type, options }) => `${[source, target, type, options].map(inOctal).join(' ')} 0 0\n`)
    .join('');
}

/** fstab(5) takes blanks and backslashes in octal. */
function inOctal(word: string): string {
  return word.replace(/[ \t\n\\]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
