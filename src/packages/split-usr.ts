/** Releases of Debian and Ubuntu from before `/bin`, `/sbin` and `/lib` became links into `/usr`, as debootstrap makes them. */
const SPLIT_USR: ReadonlySet<string> = new Set([
  ...['squeeze', 'wheezy', 'jessie', 'stretch'],
  ...['precise', 'trusty', 'utopic', 'vivid', 'wily', 'xenial', 'yakkety', 'zesty', 'artful', 'bionic', 'cosmic'],
]);

/** True for releases whose packages count on folders `/bin`, `/sbin` and `/lib` of their own. */
export function hasSplitUsr(release: string): boolean {
  return SPLIT_USR.has(release);
}
