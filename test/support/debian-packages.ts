import { join } from 'node:path';
import { openDownloader } from '../../src/host/download.ts';
import type { AptSource } from '../../src/packages/apt-source.ts';
import { indexIdentity } from '../../src/packages/index-identity.ts';
import { packageStoreFolder, storePackages } from '../../src/packages/package-store.ts';
import { type PackageFile, withPrivateApt } from '../../src/packages/private-apt.ts';

/** Packages of Debian bookworm with its updates, by way of an image cache: what a build there has fetched is not fetched again. */
export interface DebianPackages {
  /** Digest of the state of Debian's archives. */
  readonly state: string;
  /** When they last changed, in seconds since the Unix epoch. */
  readonly changedAt: number;
  /** Brings the packages. @returns absolute paths of uncompressed package files, by name */
  readonly fetch: () => Promise<ReadonlyMap<string, string>>;
}

const COMMON = { env: {}, isOffline: false, arch: 'amd64' } as const;
const KEYRINGS = ['/usr/share/keyrings/debian-archive-keyring.gpg'];
const MAIN = { options: '', uri: 'http://deb.debian.org/debian', suite: 'bookworm', components: ['main'] };
const SOURCES: readonly AptSource[] = [
  MAIN,
  { ...MAIN, suite: 'bookworm-updates' },
  { ...MAIN, uri: 'http://security.debian.org/debian-security', suite: 'bookworm-security' },
];

/**
 * Asks Debian's archives for their state.
 * @param groups names of packages; those of a group can be installed together with the minimal set
 */
export async function debianPackages(
  groups: readonly (readonly string[])[],
  imageCache: string,
): Promise<DebianPackages> {
  const identity = await indexIdentity({ ...COMMON, sources: SOURCES, imageCache });
  const resolveAll = async (): Promise<readonly PackageFile[]> =>
    await withPrivateApt({ ...COMMON, imageCache, sources: SOURCES, keyrings: KEYRINGS }, async (apt) => {
      await apt.update(identity, false);
      const { required } = await apt.base(MAIN);
      const files: PackageFile[] = [];
      for (const group of groups) files.push(...(await apt.resolve([...required, ...group])));
      return [...new Map(files.map((file) => [file.sha256, file])).values()];
    });
  return {
    state: identity.digest,
    changedAt: identity.epoch,
    fetch: async () => {
      const stored = await storePackages(await resolveAll(), imageCache, {
        openDownloader: async () => await openDownloader({ env: {} }),
        isOffline: false,
        emit: () => {},
      });
      return new Map(stored.map(({ name, path }) => [name, join(packageStoreFolder(imageCache), path)]));
    },
  };
}
