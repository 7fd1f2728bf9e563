import { mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { RunResult } from '../../src/host/process.ts';
import { runForStatus } from '../../src/host/process.ts';
import type { Environment } from '../../src/model/request.ts';
import { type FileServer, serveFolder } from './file-server.ts';
import { buildEnvironment, inLab } from './image-build.ts';
import { openMosArchive } from './mos-archive.ts';
import { openUbuntuArchive } from './ubuntu-archive.ts';

const FUEL_IMAGE = fileURLToPath(new URL('../../bin/fuel-image', import.meta.url));

type Fields = Readonly<Record<string, unknown>>;

/** Repositories for requests of fuel-image, in the shape of Ubuntu's and of a vendor's, and what it takes to build from them. */
export interface FuelLab extends AsyncDisposable {
  readonly servers: { readonly ubuntu: FileServer; readonly mos: FileServer };
  /** Ubuntu's suites, and then the vendor's at priority 1050. */
  readonly repos: readonly Fields[];
  /** Absolute path of the folder for images. */
  readonly output: string;
  /** A request for a root and `/boot` of an environment. */
  readonly request: (environment: string, change?: Fields) => Fields;
  readonly build: (request: Fields, env?: Environment) => Promise<RunResult>;
}

const Metadata = z.object({
  images: z.array(
    z.object({
      raw_md5: z.string(),
      raw_size: z.number(),
      raw_name: z.null(),
      container_name: z.string(),
      container_md5: z.string(),
      container_size: z.number(),
      container: z.string(),
      format: z.string(),
    }),
  ),
  repos: z.array(z.looseObject({ name: z.string(), priority: z.number().nullable() })),
  packages: z.array(z.string()),
});

/** The metadata of an environment, in the form that agents on nodes read. */
export async function readMetadata(path: string) {
  return Metadata.parse(parse(await readFile(path, 'utf8')));
}

/** Opens the repositories; they are kept in the image lab. */
export async function openFuelLab(): Promise<FuelLab> {
  await using opened = new AsyncDisposableStack();
  const options = { folder: inLab('archives'), imageCache: inLab('cache') };
  const archives = { ubuntu: await openUbuntuArchive(options), mos: await openMosArchive(options) };
  const ubuntu = opened.use(await serveFolder(archives.ubuntu.folder));
  const mos = opened.use(await serveFolder(archives.mos.folder));
  const output = inLab('out/fuel');
  await rm(output, { recursive: true, force: true });
  await mkdir(inLab('home'), { recursive: true });
  const { codename, keyring } = archives.ubuntu;
  const pockets = ['', '-updates', '-security'].map((pocket) => ({
    ...{ name: `ubuntu${pocket}`, uri: ubuntu.url, suite: `${codename}${pocket}`, section: 'main universe' },
    ...{ priority: null, keyring },
  }));
  const vendor = { name: 'mos', uri: mos.url, suite: archives.mos.suite, section: 'main restricted', priority: 1050 };
  const repos = [...pockets, { ...vendor, keyring: archives.mos.keyring }];
  const image = (name: string, format: string) => ({
    uri: `http://10.20.0.2/images/${name}`,
    format,
    container: 'gzip',
  });
  const owned = opened.move();
  return {
    servers: { ubuntu, mos },
    repos,
    output,
    request: (environment, change = {}) => ({
      ...{ codename, output, repos, packages: PACKAGES, root_password: 'sea breeze' },
      image_data: { '/': image(`${environment}.img.gz`, 'ext4'), '/boot': image(`${environment}-boot.img.gz`, 'ext2') },
      ...change,
    }),
    build: async (request, env = {}) =>
      await runForStatus(FUEL_IMAGE, [JSON.stringify(request)], {
        env: buildEnvironment({ FUEL_IMAGE_LOGS: inLab('logs'), ...env }),
        cwd: inLab('out'),
      }),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

const PACKAGES = [
  'grub-pc',
  'linux-image-generic',
  'mos-release',
  'netbase',
  'openssh-server',
  'tree',
  'ubuntu-minimal',
];
