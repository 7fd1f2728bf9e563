import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { isThere } from '../../src/host/is-there.ts';
import { waitForLock } from '../../src/host/lock.ts';
import { type RunResult, runForStatus } from '../../src/host/process.ts';
import type { Environment } from '../../src/model/request.ts';
import { type FileServer, serveFolder } from './file-server.ts';
import { type HostState, hostState } from './host-state.ts';
import { buildEnvironment, inLab } from './image-build.ts';
import { openMosArchive, type Probe } from './mos-archive.ts';
import { openUbuntuArchive } from './ubuntu-archive.ts';

const FUEL_IMAGE = fileURLToPath(new URL('../../bin/fuel-image', import.meta.url));
const WITH_HOSTS = fileURLToPath(new URL('with-hosts', import.meta.url));
const ON_SMALL_DISK = fileURLToPath(new URL('on-small-disk', import.meta.url));

/** Names and ports of the repositories. They are the same on every master node, so that all of them share their layers. */
const UBUNTU = { name: 'ubuntu.test', port: 18_080 } as const;
const MOS = { name: 'mos.test', port: 18_081, login: 'ann:sea-shell' } as const;

type Fields = Readonly<Record<string, unknown>>;

/** What a call of `fuel-image` finds otherwise than others do. */
export interface FuelCall {
  readonly env?: Environment;
  /** A folder that is a small disk for this call, and how large it is, such as `100m`. */
  readonly smallDisk?: readonly [folder: string, size: string];
}

/** A master node: repositories in the shape of Ubuntu's and of a vendor's, and `fuel-image`, which builds from them. */
export interface FuelSite extends AsyncDisposable {
  readonly servers: { readonly ubuntu: FileServer; readonly mos: FileServer };
  /** Ubuntu's suites, and then the vendor's at priority 1050. */
  readonly repos: readonly Fields[];
  /** Absolute path of something that belongs to the site. */
  readonly at: (...names: readonly string[]) => string;
  /** Folder of the images of a request that names no other. */
  readonly output: string;
  /** A request of the smallest system, with root as a raw image. */
  readonly request: (environment: string, change?: Fields) => Fields;
  readonly run: (words: readonly string[], call?: FuelCall) => Promise<RunResult>;
  readonly build: (request: Fields, call?: FuelCall) => Promise<RunResult>;
  /** What the builds of the site have on the machine now. */
  readonly state: () => Promise<HostState>;
  /** Names that builds left in folders for what is on the way. */
  readonly leftovers: () => Promise<readonly string[]>;
}

/**
 * Opens a master node in the image lab, beside others: repositories, packages and layers are shared, all else is its own.
 * @param name of its folder
 * @param probes packages that no other site uses: they are not in the cache then
 */
export async function openFuelSite(name: string, probes: readonly Probe[] = []): Promise<FuelSite> {
  await using opened = new AsyncDisposableStack();
  const options = { folder: inLab('archives'), imageCache: inLab('cache') };
  const archives = { ubuntu: await openUbuntuArchive(options), mos: await openMosArchive(options) };
  const host = ownAddress();
  const servers = {
    ubuntu: opened.use(await serveFolder(archives.ubuntu.folder, { host, port: UBUNTU.port })),
    mos: opened.use(await serveFolder(archives.mos.folder, { host, port: MOS.port, login: MOS.login })),
  };
  for (const probe of probes) await forgetProbe(probe);
  const at = (...names: readonly string[]): string => inLab(name, ...names);
  await rm(at(), { recursive: true, force: true });
  for (const part of ['home', 'images', 'tmp']) await mkdir(at(part), { recursive: true });
  await writeFile(at('hosts'), `127.0.0.1 localhost\n${host} ${UBUNTU.name} ${MOS.name}\n`);
  const mark = `INGOT_TEST=${at()}`;
  const environment = {
    ...buildEnvironment({ INGOT_TEST: at(), INGOT_FETCH_TIMEOUT: '2' }),
    HOME: at('home'),
    TMPDIR: at('tmp'),
    FUEL_IMAGE_JOBS: at('jobs'),
    FUEL_IMAGE_LOGS: at('logs'),
  };
  const run = async (words: readonly string[], { env, smallDisk }: FuelCall = {}): Promise<RunResult> => {
    const small = smallDisk === undefined ? [] : [ON_SMALL_DISK, ...smallDisk];
    if (smallDisk !== undefined) await mkdir(smallDisk[0], { recursive: true });
    const inOwnNamespace = ['--mount', '--propagation', 'private', WITH_HOSTS, at('hosts'), ...small];
    return await runForStatus('unshare', [...inOwnNamespace, FUEL_IMAGE, ...words], {
      env: { ...environment, ...env },
      cwd: '/',
    });
  };
  const { codename } = archives.ubuntu;
  const repos = repositoriesOf(archives);
  const owned = opened.move();
  const site: FuelSite = {
    servers,
    repos,
    at,
    output: at('images'),
    request: (environmentName, change = {}) => ({
      ...{ codename, output: at('images'), repos, packages: [], root_password: 'sea breeze' },
      image_data: { '/': imageField(`${environmentName}.img`, 'ext4', 'raw') },
      ...change,
    }),
    run,
    build: async (request, call) => await run([JSON.stringify(request)], call),
    state: async () => await ownState(at(), mark),
    leftovers: async () => {
      const places = [at('tmp'), at('home/.local/state/ingot/leases')];
      return (await Promise.all(places.map(async (place) => await readdir(place).catch(() => [])))).flat();
    },
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
  await needSmallestSystem(site);
  return site;
}

/** What a request says of an image. */
export function imageField(name: string, format: string, container: string): Fields {
  return { uri: `http://10.20.0.2/images/${name}`, format, container };
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

/** An address of loopback that no other process uses for the same ports: each has its own number. */
function ownAddress(): string {
  const { pid } = process;
  return `127.${1 + (pid >> 16)}.${(pid >> 8) & 255}.${pid & 255}`;
}

function repositoriesOf({ ubuntu, mos }: Archives): readonly Fields[] {
  const pockets = ['', '-updates', '-security'].map((pocket) => ({
    ...{ name: `ubuntu${pocket}`, uri: `http://${UBUNTU.name}:${UBUNTU.port}` },
    ...{ suite: `${ubuntu.codename}${pocket}`, section: 'main universe', priority: null, keyring: ubuntu.keyring },
  }));
  const uri = `http://${MOS.login}@${MOS.name}:${MOS.port}`;
  const vendor = { name: 'mos', uri, suite: mos.suite, section: 'main restricted', priority: 1050 };
  return [...pockets, { ...vendor, keyring: mos.keyring }];
}

interface Archives {
  readonly ubuntu: Awaited<ReturnType<typeof openUbuntuArchive>>;
  readonly mos: Awaited<ReturnType<typeof openMosArchive>>;
}

/** Removes what an earlier run in the same lab has kept of a probe: its package, and layers that it is in. */
async function forgetProbe(probe: Probe): Promise<void> {
  const inLayer = `"packages":"[^"]*probe-${probe}`;
  const kept = [
    [inLab('cache/ingot/packages'), '-name', `probe-${probe}_*.deb`, '-print'],
    [inLab('cache/ingot/layers/layers'), '-name', 'layer.json', '-exec', 'grep', '-l', inLayer, '{}', '+'],
  ];
  for (const [folder = '', ...tests] of kept) {
    const { stdout } = await runForStatus('find', [folder, '-mindepth', '2', '-maxdepth', '2', ...tests]);
    for (const path of stdout.split('\n').filter((line) => line !== '')) await rm(dirname(path), { recursive: true });
  }
}

/** Builds the smallest system unless another site of this run has; two sites that open at the same time build it once. */
async function needSmallestSystem(site: FuelSite): Promise<void> {
  const built = inLab('fuel-system');
  await using _lock = await waitForLock(`${built}.lock`);
  if (isThere(built)) return;
  const result = await site.build(site.request('smallest-system'));
  if (result.status !== 0) throw new Error(`The smallest system was not built:\n${result.tail.join('\n')}`);
  await rm(site.output, { recursive: true });
  await writeFile(built, '');
}

/** Mounts of the machine that lie in the lab; nobody mounts anything there but builds, in namespaces of theirs. */
async function ownState(folder: string, mark: string): Promise<HostState> {
  const { mounts, loopDevices, processes } = await hostState(mark, (file) => file.includes(folder));
  return { mounts: mounts.filter((line) => line.includes(inLab())), loopDevices, processes };
}
