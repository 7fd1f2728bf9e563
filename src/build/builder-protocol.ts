import type { Assertion } from '../assertions/assertion.ts';
import type { Privilege } from '../host/namespaces.ts';
import type { BuildRequest } from '../model/request.ts';

/** File descriptors of the builder process beside the standard ones. */
export const REQUEST_FD = 3;
export const EVENTS_FD = 4;

/** What the front tells the builder, as one JSON text on `REQUEST_FD`. Events come back as lines of JSON on `EVENTS_FD`. */
export interface BuilderTask {
  readonly buildId: string;
  readonly request: BuildRequest;
  readonly privilege: Privilege;
  /** `plan` looks the steps up and runs none. */
  readonly mode: 'build' | 'plan';
  readonly folders: BuildFolders;
  /** What has to be true of the finished tree before image files are written. */
  readonly assertions: readonly Assertion[];
}

/** Folders that the front made for a build. Absolute paths. */
export interface BuildFolders {
  /** `TMP_BUILD_DIR`. */
  readonly build: string;
  /** `TMP_IMAGE_DIR`. */
  readonly image: string;
  /** The layer store. */
  readonly store: string;
  /** Everything else that ingot keeps between builds. */
  readonly cache: string;
}
