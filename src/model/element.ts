import type { Phase } from './phase.ts';

/** A named folder that adds something to an image. */
export interface Element {
  /** Base name of the resolved folder. */
  readonly name: string;
  /** Absolute, resolved path. */
  readonly path: string;
  /** Names this element cannot do without, as written in `element-deps`. */
  readonly needs: readonly string[];
  /** Names this element stands for, as written in `element-provides`. */
  readonly provides: readonly string[];
  /** Folders of the same name later on the search path, which this one hides; earliest first. */
  readonly hides: readonly string[];
}

/** One executable of an element in a phase. */
export interface Hook {
  readonly element: string;
  readonly phase: Phase;
  /** File name, such as `10-install-foo`. */
  readonly name: string;
  /** Absolute path in the element's folder. */
  readonly source: string;
}

/** A file that is copied into the merged hook tree, `TMP_HOOKS_PATH`. */
export interface HookTreeEntry {
  readonly element: string;
  /** Absolute path of the file, folder or link in the element. */
  readonly source: string;
  /** Path below `TMP_HOOKS_PATH`, such as `install.d/10-foo`, `bin/tool`, `package-installs.yaml`. */
  readonly target: string;
}
