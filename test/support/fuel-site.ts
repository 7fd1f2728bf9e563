import { mkdir, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type RunResult, runForStatus } from '../../src/host/process.ts';
import type { Environment } from '../../src/model/request.ts';
import { type AptRepository, aptRepository, type TestPackage } from './apt-repository.ts';
import { type FileServer, serveFolder } from './file-server.ts';
import { buildEnvironment, inLab } from './image-build.ts';
import { openUbuntuArchive } from './ubuntu-archive.ts';

const ON_SMALL_DISK = fileURLToPath(new URL('on-small-disk', import.meta.url));
const FUEL_IMAGE = fileURLToPath(new URL('../../bin/fuel-image', import.meta.url));

/** What a request of a test differs in. */
export interface RequestChoice {
  /** Tells environments apart: number of the environment, and folder of its images. */
  readonly env: number;
  readonly packages?: readonly string[];
  readonly password?: string;
  /** Suite of the small archive. */
  readonly suite?: string;
}

/** A master node: an archive in the shape of Ubuntu's, a small one beside it, and `fuel-image`. */
export interface FuelSite extends AsyncDisposable {
  readonly ubuntu: FileServer;
  readonly extra: AptRepository;
  /** Folder of an environment's images. */
  readonly output: (env: number) => string;
  readonly request: (choice: RequestChoice) => string;
  /** Name of the image of an environment's root. */
  readonly image: (env: number) => string;
  readonly logFile: (env: number) => string;
  readonly environment: Environment;
  readonly run: (...words: readonly string[]) => Promise<RunResult>;
  /** As `run`, with a small disk at a folder that is made. */
  readonly runOnSmallDisk: (folder: string, size: string, ...words: readonly string[]) => Promise<RunResult>;
  /** Names that builds left in folders for what is on the way. */
  readonly leftovers: () => Promise<readonly string[]>;
}

/** Opens a master node in the lab. @param name of its folder @param packages of the small archive */
export async function fuelSite(name: string, packages: readonly TestPackage[]): Promise<FuelSite> {
  const stack = new AsyncDisposableStack();
  const archive = await openUbuntuArchive({ folder: inLab('archives'), imageCache: inLab('cache') });
  const ubuntu = stack.use(await serveFolder(archive.folder));
  const extra = stack.use(await aptRepository(packages));
  const at = (...names: readonly string[]): string => inLab(name, ...names);
  await rm(at(), { recursive: true, force: true });
  for (const part of ['jobs', 'logs', 'tmp', 'home']) await mkdir(at(part), { recursive: true });
  const environment = {
    ...buildEnvironment({ INGOT_FETCH_TIMEOUT: '2' }),
    HOME: at('home'),
    TMPDIR: at('tmp'),
    FUEL_IMAGE_JOBS: at('jobs'),
    FUEL_IMAGE_LOGS: at('logs'),
  };
  const output = (env: number): string => at('images', String(env));
  const image = (env: number): string => `env_${env}_marmot.img`;
  return {
    ubuntu,
    extra,
    output,
    image,
    logFile: (env) => at('logs', `fuel-agent-env-${env}.log`),
    environment,
    request: ({ env, packages: wanted = [], password = 'sea breeze', suite = 'stable' }) =>
      JSON.stringify({
        image_data: { '/': { uri: `http://10.20.0.2/images/${image(env)}`, format: 'ext4', container: 'raw' } },
        output: output(env),
        repos: [
          repository('ubuntu', ubuntu.url, archive.codename, 'main universe', archive.keyring),
          repository('extra', extra.server.url.replace('://', '://ann:sea-shell@'), suite, 'main', extra.keyring),
        ],
        codename: archive.codename,
        packages: wanted,
        root_password: password,
      }),
    run: async (...words) => await runForStatus(FUEL_IMAGE, words, { env: environment, cwd: '/' }),
    runOnSmallDisk: async (folder, size, ...words) => {
      await mkdir(folder, { recursive: true });
      const small = ['--mount', '--propagation', 'private', ON_SMALL_DISK, folder, size];
      return await runForStatus('unshare', [...small, FUEL_IMAGE, ...words], { env: environment, cwd: '/' });
    },
    leftovers: async () => {
      const places = [at('tmp'), at('home/.local/state/ingot/leases'), inLab('cache/ingot/layers/scratch')];
      const names = await Promise.all(places.map(async (place) => await readdir(place).catch(() => [])));
      return names.flat();
    },
    [Symbol.asyncDispose]: async () => await stack.disposeAsync(),
  };
}

function repository(name: string, uri: string, suite: string, section: string, keyring: string) {
  return { name, uri, suite, section, priority: null, keyring };
}
