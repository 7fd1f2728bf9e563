/** What a layout takes from the request where it says nothing itself. */
export interface LayoutDefaults {
  /** Filesystem of the root, `FS_TYPE`. */
  readonly rootType: string;
  /** Undefined gives `cloudimg-rootfs`, or `img-rootfs` for xfs. */
  readonly rootLabel?: string;
  /** Words for the root's mkfs, as `rootMkfsOptions` makes them. */
  readonly mkfsOptions: readonly string[];
  /** 512 or 4096 overrules the layout (`DIB_BLOCK_SIZE`). */
  readonly sectorSize?: number;
}

export interface RootMkfsRequest {
  /** Filesystem of the root, `FS_TYPE`. */
  readonly type: string;
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
 * grown to a large disk.
 */
export function rootMkfsOptions(request: RootMkfsRequest): readonly string[] {
  const resize = request.maxOnlineResize === undefined ? [] : ['-E', `resize=${request.maxOnlineResize}`];
  const ext4 = request.type === 'ext4' ? ['-i', '4096', '-J', `size=${request.journalMib}`] : [];
  // The fsck of Ubuntu 14.04 stops at checksums that it does not know.
  const trusty = request.release === 'trusty' ? ['-O', '^metadata_csum'] : [];
  return [...resize, ...trusty, ...ext4, ...request.userOptions];
}
