/** Where a phase's hooks run: `host` outside the root tree, `chroot` inside it. */
export type Side = 'host' | 'chroot';

export interface PhaseTraits {
  readonly side: Side;
  /** True where hooks see `TARGET_ROOT`, which is the root tree's path. */
  readonly hasTargetRoot: boolean;
  /** True from the phases on in which the size of the disk is known. */
  readonly isSized: boolean;
  /** True from the phases on in which the tree is the final filesystem: the disk has its devices, `/etc/fstab` is written. */
  readonly isFinalTree: boolean;
}

/** The phases in the order in which a build runs them. This is the only place that knows order, side and tree. */
export const PHASES = {
  'root.d': { side: 'host', hasTargetRoot: true, isSized: false, isFinalTree: false },
  'extra-data.d': { side: 'host', hasTargetRoot: false, isSized: false, isFinalTree: false },
  'pre-install.d': { side: 'chroot', hasTargetRoot: false, isSized: false, isFinalTree: false },
  'install.d': { side: 'chroot', hasTargetRoot: false, isSized: false, isFinalTree: false },
  'post-install.d': { side: 'chroot', hasTargetRoot: false, isSized: false, isFinalTree: false },
  'post-root.d': { side: 'host', hasTargetRoot: false, isSized: false, isFinalTree: false },
  'block-device.d': { side: 'host', hasTargetRoot: false, isSized: true, isFinalTree: false },
  'pre-finalise.d': { side: 'host', hasTargetRoot: false, isSized: true, isFinalTree: true },
  'finalise.d': { side: 'chroot', hasTargetRoot: false, isSized: true, isFinalTree: true },
  'cleanup.d': { side: 'host', hasTargetRoot: true, isSized: true, isFinalTree: true },
} as const satisfies Record<string, PhaseTraits>;

export type Phase = keyof typeof PHASES;

/** Phase names in running order. */
export const PHASE_NAMES: readonly Phase[] = Object.keys(PHASES).filter(isPhase);

/** True for the name of a phase, such as `install.d`. */
function isPhase(name: string): name is Phase {
  return Object.hasOwn(PHASES, name);
}
