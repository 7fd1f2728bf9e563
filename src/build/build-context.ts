import type { DiskIdentity } from '../disk/identity.ts';
import type { ReadLayout } from '../disk/read-layout.ts';
import type { EnvironmentFacts } from '../elements/contract-environment.ts';
import type { ElementLibrary } from '../elements/element-library.ts';
import type { HookTreeNode } from '../elements/hook-tree.ts';
import type { Bind } from '../host/chroot-mounts.ts';
import type { LayerStore } from '../layers/store.ts';
import type { Element } from '../model/element.ts';
import type { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import type { BuildRequest, Environment } from '../model/request.ts';
import type { BuildTree } from './build-tree.ts';
import type { BuilderTask } from './builder-protocol.ts';
import type { HookInputs } from './hook-inputs.ts';

/** What the steps of a build work with. */
export interface BuildContext {
  readonly task: BuilderTask;
  readonly request: BuildRequest;
  readonly emit: EmitEvent;
  readonly library: ElementLibrary;
  /** Chosen elements in order. */
  readonly elements: readonly Element[];
  /** The merged hook tree as the elements give it. */
  readonly nodes: readonly HookTreeNode[];
  readonly inputs: HookInputs;
  readonly layout: ReadLayout;
  readonly environmentFacts: EnvironmentFacts;
  /** Environment of host hooks as far as the elements' files settle it: what keys are made from. */
  readonly plannedEnvironment: Environment;
  readonly repositories: RepositoryState;
  /** Version of the published image that the build starts from; empty where there is none. */
  readonly baseImageVersion: string;
  /** Names the plan: identifiers on the disk are derived from it. */
  readonly identity: DiskIdentity;
  readonly store: LayerStore;
  readonly tree: BuildTree;
  /** Folder of the request channel, on the host side. */
  readonly channelFolder: string;
  /** The error of a request that failed since the last call, if there was one. */
  readonly takeRequestFault: () => IngotError | undefined;
  /** Devices of the disk, where the build has come to one that is there. */
  readonly devices?: DiskDevices;
  /** What every chroot step sees beside the tree. */
  readonly chrootBinds: () => Promise<readonly Bind[]>;
}

/** Paths of a disk's devices. */
export interface DiskDevices {
  /** The whole disk. */
  readonly main: string;
  /** By the names of the layout, where the disk has one. */
  readonly byName?: Readonly<Record<string, string>>;
}

/** Which state of the package repositories the build uses. */
export interface RepositoryState {
  /** Digest of their signed release files; empty where the build has none that ingot knows. */
  readonly identity: string;
  /** `SOURCE_DATE_EPOCH` of the build, in seconds. */
  readonly epoch: number;
}
