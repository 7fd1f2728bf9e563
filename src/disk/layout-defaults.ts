/** What a layout takes from the request where it says nothing itself. */
export interface LayoutDefaults {
  /** Filesystem of the root, `FS_TYPE`. */
  readonly rootType: string;
  /** Undefined gives `cloudimg-rootfs`, or `img-rootfs` for xfs. */
  readonly rootLabel?: string;
  /** Words for the mkfs of a root of some type, as `rootMkfsOptions` makes them. */
  readonly mkfsOptions: (type: string) => readonly string[];
  /** 512 or 4096 overrules the layout (`DIB_BLOCK_SIZE`). */
  readonly sectorSize?: number;
}

export interface RootMkfsRequest {
  readonly journalMib: number;
  /** `DIB_RELEASE`. */
  readonly release?: string | undefined;
  /** Blocks that online growth must be able to reach. */
  readonly maxOnlineResize?: number;
  /** The user's own words, which win. */
  readonly userOptions: readonly string[];
}

/**
 * The words that the root's mkfs gets: many inodes and a journal of a fixed size for ext4, so that a small image works well when it has
 * grown to a large disk. Those that only an ext filesystem understands are for such roots alone.
 * @param type the root's, whether the layout or the request says it
 */
export function rootMkfsOptions(type: string, request: RootMkfsRequest): readonly string[] {
  if (!type.startsWith('ext')) return request.userOptions;
  const resize = request.maxOnlineResize === undefined ? [] : ['-E', `resize=${request.maxOnlineResize}`];
  const ext4 = type === 'ext4' ? ['-i', '4096', '-J', `size=${request.journalMib}`] : [];
  // The fsck of Ubuntu 14.04 stops at checksums that it does not know.
  const trusty = request.release === 'trusty' ? ['-O', '^metadata_csum'] : [];
  return [...resize, ...trusty, ...ext4, ...request.userOptions];
}
