import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  centosPackages,
  fedoraPackages,
  openeulerPackages,
  opensusePackages,
  rhelPackages,
} from './rpm-distributions.ts';
import { commonPackages, redHatPackages } from './rpm-os.ts';
import { type RpmRepositories, rpmRepositories } from './rpm-repository.ts';

export type Distribution = 'centos' | 'fedora' | 'openeuler' | 'opensuse' | 'rhel';

/** Stand-ins for the repositories of distributions, on loopback, each in the layout of its publisher. */
export interface RpmLab extends AsyncDisposable {
  readonly repositories: RpmRepositories;
  /** Address of the server with all of them. */
  readonly url: string;
  /** Paths of the packages that every distribution has. */
  readonly common: readonly string[];
  /** Makes and publishes the packages of a distribution. @returns their paths */
  readonly publish: (distribution: Distribution) => Promise<readonly string[]>;
}

/** The repository with all packages of a distribution, and those that are empty. */
const LAYOUTS: Readonly<Record<Distribution, readonly [full: string, ...empty: string[]]>> = {
  centos: ['9-stream/BaseOS/x86_64/os', '9-stream/AppStream/x86_64/os'],
  fedora: ['releases/43/Everything/x86_64/os', 'updates/43/Everything/x86_64'],
  openeuler: ['openEuler-22.03-LTS/OS/x86_64', 'openEuler-22.03-LTS/update/x86_64'],
  opensuse: ['distribution/leap/15.6/repo/oss', 'update/leap/15.6/oss'],
  rhel: ['rhel9/x86_64'],
};

const OWN_PACKAGES = {
  centos: centosPackages,
  fedora: fedoraPackages,
  openeuler: openeulerPackages,
  opensuse: opensusePackages,
  rhel: rhelPackages,
} as const;

/** Makes what distributions have in common; `publish` makes the rest. */
export async function rpmLab(): Promise<RpmLab> {
  const repositories = await rpmRepositories();
  const common = await repositories.build(await commonPackages());
  const redHat = await repositories.build(redHatPackages());
  const source = { baseUrl: repositories.server.url, publicKey: await readFile(repositories.key, 'utf8') };
  return {
    repositories,
    url: source.baseUrl,
    common,
    publish: async (distribution) => {
      const own = await repositories.build(OWN_PACKAGES[distribution](source));
      const all = [...common, ...(distribution === 'opensuse' ? [] : redHat), ...own];
      const [full, ...empty] = LAYOUTS[distribution];
      await repositories.publish(full, all);
      for (const path of empty) await repositories.publish(path, []);
      return all;
    },
    [Symbol.asyncDispose]: async () => await repositories[Symbol.asyncDispose](),
  };
}

/** The files of those packages that have one of these names. */
export function filesOf(files: readonly string[], names: readonly string[]): readonly string[] {
  return files.filter((file) => names.includes(basename(file).replace(/-[\d.]+\.rpm$/, '')));
}
