import { join } from 'node:path';
import { quoteForBash } from '../model/bash-word.ts';
import type { Element } from '../model/element.ts';
import { PHASES, type Phase } from '../model/phase.ts';
import type { BuildRequest, Environment } from '../model/request.ts';
import { declareText, elementArrayText, elementYaml } from './bash-text.ts';
import { compareBytes } from './run-parts.ts';

/** Where the hooks' folder is seen inside the root tree. */
export const HOOKS_IN_TREE = '/tmp/in_target.d';

/** Where hooks in the root tree find the folder of ccache. */
export const CCACHE_IN_TREE = '/tmp/ccache';

/** Name of the request channel's folder inside the hooks' folder. */
export const CHANNEL_FOLDER = '.ingot';

/** The folder of the request channel as a chroot sees it. */
export const CHANNEL_IN_TREE = `${HOOKS_IN_TREE}/${CHANNEL_FOLDER}`;

/** Hooks in the chroot get this very text: `$PATH` is not expanded, and elements see it so everywhere. */
const CHROOT_PATH = '$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const HOST_PATH_ADDITIONS = ['/sbin', '/usr/sbin', '/usr/local/sbin'] as const;

/** Everything of a build, besides its request, that hooks learn from their environment. */
export interface EnvironmentFacts {
  readonly request: BuildRequest;
  /** Chosen elements in order. */
  readonly elements: readonly Element[];
  /** Search path with the bundled library. */
  readonly searchPath: readonly string[];
  /** Absolute folders and files of this build. */
  readonly paths: {
    readonly build: string;
    readonly image: string;
    readonly hooks: string;
    /** The root tree. */
    readonly tree: string;
    /** Folder of the bash files that hooks source through `$_LIB`. */
    readonly lib: string;
    /** Folder of the Python modules that elements import on the host. */
    readonly pythonModules: string;
    readonly blockDeviceParams: string;
  };
  /** What the disk layout settles before the first hook. `mountPoints` has `|` between its points. */
  readonly layout: {
    readonly rootLabel: string;
    readonly rootType: string;
    readonly bootLabel: string;
    readonly mountPoints: string;
  };
  /** Size of the disk in KiB, once it is known. */
  readonly imageSizeKib?: number;
  /** The disk's devices or their stand-ins, from the final tree on; by name where a layout names them. */
  readonly blockDevices?: { readonly main: string; readonly byName?: Readonly<Record<string, string>> };
}

/**
 * The environment of a phase's hooks before `environment.d` is sourced: the caller's own, with what the contract always exports.
 */
export function contractEnvironment(facts: EnvironmentFacts, phase: Phase): Environment {
  const traits = PHASES[phase];
  const common = {
    ...facts.request.environment,
    ...requestVariables(facts.request),
    ...buildVariables(facts),
    ...(traits.isSized ? sizeVariable(facts) : {}),
    ...(traits.isFinalTree ? deviceVariables(facts) : {}),
    ...(traits.hasTargetRoot ? { TARGET_ROOT: facts.paths.tree } : {}),
  };
  return traits.side === 'host' ? hostEnvironment(common, facts) : chrootEnvironment(common);
}

function requestVariables(request: BuildRequest): Environment {
  const caller = request.environment;
  return {
    ARCH: request.arch,
    DIB_ARGS: request.commandLine.join(' '),
    DIB_ENV: declareText(dibVariables(caller)),
    DIB_CHECKSUM: caller.DIB_CHECKSUM ?? '0',
    DIB_DEBUG_TRACE: String(request.debugTrace),
    DIB_IMAGE_CACHE: request.imageCache,
    DIB_MIN_TMPFS: String(request.tmpfs.minGib),
    DIB_NO_TMPFS: caller.DIB_NO_TMPFS ?? (request.tmpfs.isAllowed ? '0' : '1'),
    DIB_OFFLINE: request.isOffline ? caller.DIB_OFFLINE || '1' : '',
    DIB_PYTHON_EXEC: caller.DIB_PYTHON_EXEC ?? 'python3',
    FS_TYPE: request.filesystem.type,
    IMAGE_NAME: caller.IMAGE_NAME ?? request.outputName,
    IMAGE_TYPE: caller.IMAGE_TYPE ?? 'qcow2',
    LC_ALL: 'C',
  };
}

function dibVariables(caller: Environment): Environment {
  return Object.fromEntries(Object.entries(caller).filter(([name]) => /^DIB_\w*$/.test(name)));
}

function buildVariables({ request, elements, searchPath, paths, layout }: EnvironmentFacts): Environment {
  return {
    DIB_BLOCK_DEVICE_PARAMS_YAML: paths.blockDeviceParams,
    DIB_BOOT_LABEL: layout.bootLabel,
    DIB_LOCKFILES: request.lockFolder,
    DIB_MOUNTPOINTS: layout.mountPoints,
    DIB_ROOT_FSTYPE: layout.rootType,
    DIB_ROOT_LABEL: layout.rootLabel,
    ELEMENTS_PATH: searchPath.join(':'),
    IMAGE_ELEMENT: elements.map(({ name }) => name).join(' '),
    IMAGE_ELEMENT_YAML: elementYaml(elements),
    OUT_IMAGE_PATH: '',
    TMP_BUILD_DIR: paths.build,
    TMP_HOOKS_PATH: paths.hooks,
    TMP_IMAGE_DIR: paths.image,
    TMP_MOUNT_PATH: paths.tree,
    _LIB: paths.lib,
  };
}

function sizeVariable({ imageSizeKib }: EnvironmentFacts): Environment {
  return imageSizeKib === undefined ? {} : { DIB_IMAGE_SIZE: String(imageSizeKib) };
}

function deviceVariables({ blockDevices }: EnvironmentFacts): Environment {
  if (blockDevices === undefined) return {};
  const { main, byName } = blockDevices;
  if (byName === undefined) return { IMAGE_BLOCK_DEVICE: main };
  const words = Object.entries(byName)
    .sort(([one], [other]) => compareBytes(one, other))
    .map(([name, path]) => `[${name}]=${path} `);
  return { IMAGE_BLOCK_DEVICE: main, IMAGE_BLOCK_DEVICES: ` ${words.join('')}` };
}

function hostEnvironment(common: Environment, { elements, paths }: EnvironmentFacts): Environment {
  return {
    ...common,
    PATH: hostPath(common.PATH ?? '/usr/bin:/bin'),
    PYTHONPATH: [...(common.PYTHONPATH ? [common.PYTHONPATH] : []), paths.pythonModules].join(':'),
    INGOT_CHANNEL: join(paths.hooks, CHANNEL_FOLDER),
    PS4: '+ $(_ps4):   ',
    'BASH_FUNC_die%%': DIE,
    'BASH_FUNC__ps4%%': TRACE_PREFIX,
    'BASH_FUNC_get_image_element_array%%': `() { echo ${quoteForBash(`${elementArrayText(elements)} `)}; }`,
  };
}

/** Ends the hook with the status of the command before it, after its message. */
const DIE = '() { local status=$?; set +o xtrace; echo "$*"; exit "$status"; }';

/** File, function and line of a traced command, in a column. */
const TRACE_PREFIX =
  '() { local line name file; read -r line name file <<<"$(caller 0)"; printf "%-80s " "$file:$name:$line"; }';

function hostPath(path: string): string {
  const folders = path.split(':');
  return [...folders, ...HOST_PATH_ADDITIONS.filter((folder) => !folders.includes(folder))].join(':');
}

function chrootEnvironment(common: Environment): Environment {
  return {
    ...Object.fromEntries(Object.entries(common).filter(([name]) => !isHostOnly(name))),
    HOME: '/root',
    USER: 'root',
    LOGNAME: 'root',
    // Hooks of the original come through sudo, which says who called it.
    SUDO_USER: 'root',
    SUDO_UID: '0',
    SUDO_GID: '0',
    PATH: CHROOT_PATH,
    CCACHE_DIR: CCACHE_IN_TREE,
    APT_CONFIG: common.APT_CONFIG ?? `${CHANNEL_IN_TREE}/apt.conf`,
    INGOT_CHANNEL: CHANNEL_IN_TREE,
  };
}

/** Names that `sudo -E` keeps from a command, as elements expect it: they steer interpreters by paths that mean nothing in the tree. */
const HOST_ONLY_NAMES: readonly string[] = [
  ...['TMPDIR', 'VIRTUAL_ENV', 'IFS', 'CDPATH', 'ENV', 'BASH_ENV', 'BASHOPTS', 'SHELLOPTS', 'GLOBIGNORE', 'PS4'],
  ...['LOCALDOMAIN', 'RES_OPTIONS', 'HOSTALIASES', 'NLSPATH', 'PATH_LOCALE', 'TERMINFO', 'TERMINFO_DIRS', 'TERMPATH'],
  ...['TERMCAP', 'JAVA_TOOL_OPTIONS', 'PERLIO_DEBUG', 'PERLLIB', 'PERL5LIB', 'PERL5OPT', 'PERL5DB', 'FPATH', 'NULLCMD'],
  ...['READNULLCMD', 'ZDOTDIR', 'TMPPREFIX', 'PYTHONHOME', 'PYTHONPATH', 'PYTHONINSPECT', 'PYTHONUSERBASE'],
  ...['RUBYLIB', 'RUBYOPT'],
];

function isHostOnly(name: string): boolean {
  return HOST_ONLY_NAMES.includes(name) || /^(BASH_FUNC_|LD_|_RLD)/.test(name);
}
