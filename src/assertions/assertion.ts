import type { SourcePlace } from '../model/error.ts';

/** Something that has to be true of a finished tree, and where it is written. */
export type Assertion = { readonly place: SourcePlace } & (
  | FileAssertion
  /** `absent` is true of a name that no package has, too. */
  | { readonly kind: 'package'; readonly name: string; readonly state: 'installed' | 'absent' }
  | { readonly kind: 'service'; readonly name: string; readonly state: ServiceState }
  | CommandAssertion
  /** An executable of the host that looks at the tree itself; absolute path. */
  | { readonly kind: 'program'; readonly path: string }
);

/** A path of the tree and what is there. Traits that are undefined do not matter. */
export interface FileAssertion {
  readonly kind: 'file';
  /** Absolute path inside the tree. Links on the way are followed as inside the tree; the last one only where its target is not asked for. */
  readonly path: string;
  readonly isAbsent: boolean;
  readonly type?: 'file' | 'folder' | 'link';
  /** Permission bits as four octal digits. */
  readonly mode?: string;
  /** Name or number. */
  readonly owner?: string;
  /** Name or number. */
  readonly group?: string;
  /** Text of a link. */
  readonly target?: string;
  /** Texts that stand in the file. */
  readonly contains: readonly string[];
  /** Texts that do not. */
  readonly lacks: readonly string[];
}

/** What `systemctl is-enabled` says of a service. */
export type ServiceState = 'enabled' | 'disabled' | 'masked' | 'static';

/** A command that is run inside of the tree. */
export interface CommandAssertion {
  readonly kind: 'command';
  /** Text for `/bin/sh`. */
  readonly run: string;
  readonly status: number;
  /** Texts that stand in what it prints on either stream. */
  readonly prints: readonly string[];
}

/** What was looked for and what was there instead, as the message of a fault. */
export function difference(subject: string, expected: string, found: string): string {
  return `${subject}: expected ${expected}, found ${found}`;
}
