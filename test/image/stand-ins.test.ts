import { beforeAll, describe, expect, test } from 'vitest';
import { parseAptSource } from '../../src/packages/apt-source.ts';
import { indexIdentity } from '../../src/packages/index-identity.ts';
import { withPrivateApt } from '../../src/packages/private-apt.ts';
import { serveFolder } from '../support/file-server.ts';
import { inLab } from '../support/image-build.ts';
import type { KeptArchive } from '../support/kept-archive.ts';
import { MOS_VERSIONS, type MosArchive, openMosArchive } from '../support/mos-archive.ts';
import { openUbuntuArchive, type UbuntuArchive } from '../support/ubuntu-archive.ts';

let ubuntu: UbuntuArchive;
let mos: MosArchive;
beforeAll(async () => {
  const options = { folder: inLab('archives'), imageCache: inLab('cache') };
  ubuntu = await openUbuntuArchive(options);
  mos = await openMosArchive(options);
});

/** An archive, and what follows its address in the lines of its sources. */
type Offer = readonly [KeptArchive, ...string[]];

/** The packages with versions that apt decides to install, in the order of their names. */
async function decided(offers: readonly Offer[], packages: readonly string[]): Promise<readonly string[]> {
  await using stack = new AsyncDisposableStack();
  const sources = [];
  for (const [archive, ...suites] of offers) {
    const { url } = stack.use(await serveFolder(archive.folder));
    sources.push(
      ...suites.flatMap((suite) => parseAptSource(`deb [signed-by=${archive.keyring}] ${url}${suite}`) ?? []),
    );
  }
  const common = { imageCache: inLab('cache'), sources, env: {}, arch: 'amd64', keyrings: [] };
  const identity = await indexIdentity({ ...common, isOffline: false });
  return await withPrivateApt(common, async (apt) => {
    await apt.update(identity, false);
    return (await apt.resolve(packages)).map(({ fileName }) => fileName.replace(/_[^_]*$/, '')).sort();
  });
}

const pockets = (...names: readonly string[]) => names.map((name) => ` ${ubuntu.codename}${name} main universe`);

describe('the stand-in for the archive of Ubuntu', () => {
  const wanted = ['adduser', 'base-files', 'linux-image-generic', 'tree'];

  test('has updates and security that win, and backports that wait to be asked for', async () => {
    const names = await decided([[ubuntu, ...pockets('', '-updates', '-security', '-backports')]], wanted);

    expect(names).toContain('base-files_13ubuntu10.1');
    expect(names).toContain('adduser_3.137ubuntu1.1');
    expect(names).toContainEqual(expect.stringMatching(/^tree_2/));
  });

  test('has the packages of its first day without them', async () => {
    const names = await decided([[ubuntu, ...pockets('')]], wanted);

    expect(names).toContain('base-files_13ubuntu10');
    expect(names).toContainEqual(expect.stringMatching(/^adduser_3\.134/));
    expect(names).toContainEqual(expect.stringMatching(/^linux-image-6\./));
  });
});

test.each(['suite', 'flat'] as const)(
  'the archive beside it offers a newer and an older package as %s',
  async (form) => {
    const source = form === 'flat' ? `/${mos.flat} ./` : ` ${mos.suite} main restricted`;

    const names = await decided(
      [
        [ubuntu, ...pockets('')],
        [mos, source],
      ],
      ['mos-release', 'netbase', 'tree'],
    );

    expect(names).toContain('mos-release_9.0');
    expect(names).toContain(`netbase_${MOS_VERSIONS.netbase}`);
    expect(names).toContainEqual(expect.stringMatching(/^tree_2/));
  },
);
