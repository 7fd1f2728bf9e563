import type { Element } from '../model/element.ts';
import type { EmitEvent } from '../model/events.ts';
import type { BuildRequest, Environment } from '../model/request.ts';

/** What tells which package repositories a build uses, and how. */
export interface RepositoriesOptions {
  readonly request: BuildRequest;
  readonly elements: readonly Element[];
  /** Environment of the elements, which says where packages come from. */
  readonly env: Environment;
  /** Absolute path of the merged hook tree. */
  readonly hooks: string;
  /** Folder of this build for lists and caches. */
  readonly folder: string;
  readonly emit: EmitEvent;
}
