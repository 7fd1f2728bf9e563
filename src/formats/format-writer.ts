import type { EmitEvent } from '../model/events.ts';
import type { BuildRequest } from '../model/request.ts';

/** What formats may ask of a request. */
export type FormatWish = Pick<
  BuildRequest,
  'arch' | 'qcow2' | 'compression' | 'environment' | 'aciManifest' | 'dockerTarget'
>;

/** What a format writer gets to work with. */
export interface FormatInput {
  /** Absolute path of the file to write; it is empty and nothing else writes it. */
  readonly target: string;
  /** Absolute path of the raw disk image or of the root tree, as the writer's `source` says. */
  readonly source: string;
  /** Absolute path that the file will have in the end. */
  readonly path: string;
  /** Absolute path of a folder for files on the way, which others use too and which goes away after the build. */
  readonly scratch: string;
  /** A text that is the same for the same content; identifiers in the file are derived from it. */
  readonly identity: string;
  /** Seconds since the Unix epoch; later times in the tree are set to it. */
  readonly epoch: number;
  readonly wish: FormatWish;
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/** What has to be known of a format before it is made. */
export interface FormatFacts {
  /** What it is made from. */
  readonly source: 'disk' | 'tree';
  /** Host programs it runs. */
  readonly tools: (wish: FormatWish) => readonly string[];
  /** True where what the user gives for `qemu-img -o` applies. */
  readonly takesQemuOptions?: true;
  /** True where the name of the file stands in it. */
  readonly holdsItsName?: true;
  /** Finds out before any long work whether the wish can be granted, and throws what is in its way. */
  readonly check?: (wish: FormatWish) => Promise<void>;
}

/** How an image file is made. A new format is a file with one of these and a line in the registry. */
export interface FormatWriter extends FormatFacts {
  /** Extension of the file, without the dot. */
  readonly extension: string;
  /** True where an older image of the same name is renamed and kept, as the DIB contract says for the format. */
  readonly keepsOldImage: boolean;
  /** True where writing uses the raw disk up, so that it has to come last. */
  readonly consumesDisk?: true;
  /** Bytes that the file will take at least on its filesystem, when that is known before it is written. */
  readonly neededBytes?: (input: { readonly diskAllocated: number }) => number;
  readonly write: (input: FormatInput) => Promise<void>;
}
