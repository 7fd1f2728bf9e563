import type { BuildRequest, Environment } from '../model/request.ts';
import type { TargetImage } from '../model/target-image.ts';
import type { FuelRepository, FuelRequest } from './fuel-request.ts';

/** What a build of target images has to know of the machine and the caller. */
export interface FuelFacts {
  /** Absolute path. */
  readonly imageCache: string;
  /** Absolute path of the folder for temporary files. */
  readonly temporaryFolder: string;
  /** The caller's. Of it programs, proxies and `DIB_NO_TMPFS` count, nothing that elements read. */
  readonly environment: Environment;
  /** Absolute paths of the files with the keys of each repository, in order of the request; undefined for one that is not signed. */
  readonly keyrings: readonly (readonly string[] | undefined)[];
  /** As crypt(3) writes it. */
  readonly rootPasswordHash: string;
}

/** Variables of the caller that every program may see. */
const CALLERS_VARIABLES = [
  ...['INGOT_FETCH_ATTEMPTS', 'INGOT_FETCH_TIMEOUT'],
  'HOME',
  'LANG',
  'LOGNAME',
  'PATH',
  'USER',
  'XDG_STATE_HOME',
] as const;

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy'] as const;

/**
 * The build that a request stands for, but for the folder of its images. Nothing that its hooks see tells one environment from another with
 * the same repositories and packages, nor by which proxy and with which credentials they are reached, so that they share their layers.
 */
export function targetBuildOf(request: FuelRequest, facts: FuelFacts): BuildRequest {
  const { imageCache, temporaryFolder } = facts;
  return {
    purpose: 'disk',
    elements: ['fuel-target'],
    skipsBase: true,
    arch: request.arch,
    outputName: '/fuel-target',
    formats: [],
    qcow2: { compression: { kind: 'none' }, options: [] },
    compression: { tgz: { kind: 'gzip' }, squashfs: { kind: 'zstd' }, oci: { kind: 'gzip' } },
    checksums: [],
    packages: request.packages,
    size: { journalMib: 0 },
    filesystem: { type: 'ext4', mkfsOptions: [] },
    deviceMode: 'never',
    tmpfs: { isAllowed: ['', '0'].includes(facts.environment.DIB_NO_TMPFS ?? ''), minGib: 4 },
    isOffline: false,
    imageCache,
    ccacheFolder: `${imageCache}/ccache`,
    lockFolder: `${imageCache}/lockfiles`,
    defaultInstallType: 'package',
    ramdiskElement: 'ramdisk',
    elementsPath: [],
    breaks: { points: [], outsideTarget: false },
    debugTrace: 0,
    keepsOldImage: false,
    showsImageUsage: 'no',
    temporaryFolder,
    workingFolder: '/',
    environment: environmentOf(request, facts),
    access: {
      proxies: proxiesOf(request, facts.environment),
      credentials: request.repositories.flatMap(({ credential }) => credential ?? []),
    },
    commandLine: [],
  };
}

function environmentOf(request: FuelRequest, facts: FuelFacts): Environment {
  const { repositories, arch, codename } = request;
  const [main] = repositories;
  return {
    ...only(CALLERS_VARIABLES, facts.environment),
    ARCH: arch,
    IMAGE_NAME: 'fuel-target',
    DIB_IMAGE_CACHE: facts.imageCache,
    DIB_RELEASE: main?.suite ?? '',
    DIB_DISTRIBUTION_MIRROR: main?.uri ?? '',
    DIB_DEBIAN_COMPONENTS: (main?.components ?? []).join(','),
    DIB_APT_SOURCES_CONF: repositories
      .map((repository, index) => `${sourceName(index)}:${sourceLine(repository, facts.keyrings[index])}`)
      .join('\n'),
    DIB_APT_PINS: repositories
      .flatMap(({ priority }, index) => (priority === undefined ? [] : [`${sourceName(index)} ${priority}`]))
      .join('\n'),
    DIB_BLOCK_DEVICE_CONFIG: layoutText(request.images),
    FUEL_CODENAME: codename,
    FUEL_ROOT_PASSWORD: facts.rootPasswordHash,
  };
}

function only(names: readonly string[], environment: Environment): Environment {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

function proxiesOf({ proxies }: FuelRequest, environment: Environment): Environment {
  if (proxies === undefined) return only(PROXY_VARIABLES, environment);
  const { http = '', https = '', ftp = '', direct } = proxies;
  return only(PROXY_VARIABLES, {
    http_proxy: http,
    https_proxy: https,
    ftp_proxy: ftp,
    no_proxy: direct.join(','),
  });
}

/** Repositories may have names that differ in odd characters alone; their places never collide. */
function sourceName(index: number): string {
  return `repository-${String(index).padStart(2, '0')}`;
}

function sourceLine({ uri, suite, components }: FuelRepository, keyrings: readonly string[] | undefined): string {
  const trust = keyrings === undefined ? 'trusted=yes' : `signed-by=${keyrings.join(',')}`;
  return ['deb', `[${trust}]`, uri, suite, ...components].join(' ');
}

/** Each image is a disk without a partition table. JSON is YAML. */
function layoutText(images: readonly TargetImage[]): string {
  return JSON.stringify(
    images.flatMap(({ mountPoint, filesystem: type }, index) => {
      const base = `image${index}`;
      const mkfs = { name: `filesystem${index}`, base, type, mount: { mount_point: mountPoint } };
      return [{ local_loop: { name: base } }, { mkfs }];
    }),
  );
}
