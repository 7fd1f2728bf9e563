import { contractEnvironment, type EnvironmentFacts } from '../src/elements/contract-environment.ts';
import { ELEMENT_FILES } from '../src/elements/element-files.ts';
import { HOOK_VARIABLES } from '../src/elements/hook-variables.ts';
import { PHASE_NAMES, PHASES, type Phase } from '../src/model/phase.ts';
import { code, page, table } from './markdown.ts';

/** The variables that hooks see, with the phases in which the code sets them. */
export function variablesPage(): string {
  const seen = variablesByPhase();
  const rows = Object.entries(HOOK_VARIABLES).map(([name, meaning]) => [
    code(name),
    whereText(PHASE_NAMES.filter((phase) => seen.get(phase)?.has(name))),
    meaning,
  ]);
  return page('Variables of hooks', [
    'What hooks find in their environment beside what the caller exported and what files of `environment.d` export. The variables of options are on the page of [disk-image-create](disk-image-create.md), those of an element in its `README.rst`.',
    table(['Variable', 'Where', 'Meaning'], rows),
    'In the image, variables that steer interpreters by paths of the machine that builds are left out, such as `TMPDIR`, `PYTHONPATH`, `LD_LIBRARY_PATH` and exported functions of bash.',
  ]);
}

/** Names of variables and of functions that hooks of each phase find, beside the caller's own. */
export function variablesByPhase(): ReadonlyMap<Phase, ReadonlySet<string>> {
  return new Map(
    PHASE_NAMES.map((phase) => {
      const names = Object.keys(contractEnvironment(SAMPLE, phase)).map((name) =>
        name.replace(/^BASH_FUNC_(.*)%%$/, '$1()'),
      );
      return [phase, new Set([...names, 'SOURCE_DATE_EPOCH'])];
    }),
  );
}

function whereText(phases: readonly Phase[]): string {
  const [first] = phases;
  if (first === undefined) return 'nowhere';
  const is = (wanted: (phase: Phase) => boolean): boolean => PHASE_NAMES.filter(wanted).join() === phases.join();
  if (is(() => true)) return 'everywhere';
  if (is((phase) => PHASES[phase].side === 'host')) return 'on the machine that builds';
  if (is((phase) => PHASES[phase].side === 'chroot')) return 'in the image';
  if (is((phase) => PHASE_NAMES.indexOf(phase) >= PHASE_NAMES.indexOf(first))) return `from \`${first}\` on`;
  return phases.map((phase) => `\`${phase}\``).join(', ');
}

/** A build of which the values do not matter. */
const SAMPLE: EnvironmentFacts = {
  request: {
    ...{ purpose: 'disk', elements: [], skipsBase: true, arch: 'amd64', outputName: '/image', formats: ['raw'] },
    qcow2: { compression: { kind: 'none' }, options: [] },
    compression: { tgz: { kind: 'gzip' }, squashfs: { kind: 'gzip' }, oci: { kind: 'gzip' } },
    ...{ checksums: [], packages: [], size: { journalMib: 64 }, filesystem: { type: 'ext4', mkfsOptions: [] } },
    ...{ deviceMode: 'auto', tmpfs: { isAllowed: true, minGib: 2 }, isOffline: false, imageCache: '/cache' },
    ...{ ccacheFolder: '/ccache', lockFolder: '/locks', defaultInstallType: 'source' },
    ...{ ramdiskElement: 'ramdisk', elementsPath: [] },
    ...{ breaks: { points: [], outsideTarget: false }, debugTrace: 0, keepsOldImage: true, showsImageUsage: 'no' },
    ...{ temporaryFolder: '/tmp', workingFolder: '/', environment: {}, commandLine: [] },
  },
  ...{ elements: [], searchPath: [] },
  paths: {
    ...{ build: '/b', image: '/i', hooks: '/b/hooks', tree: '/b/mnt', lib: '/lib', pythonModules: '/python' },
    blockDeviceParams: '/b/params',
  },
  layout: { rootLabel: 'root', rootType: 'ext4', bootLabel: '', mountPoints: '/' },
  imageSizeKib: 1,
  blockDevices: { main: '/dev/a', byName: { root: '/dev/a1' } },
};

/** The files of an element. */
export function elementFilesPage(): string {
  const rows = ELEMENT_FILES.map(({ path, meaning }) => [path.includes(' ') ? path : code(path), meaning]);
  return page('Files of an element', [
    'An element is a folder, and its name is that of the folder. All that is in it is optional. [Write your first element](../guides/write-an-element.md) makes one.',
    table(['File', 'What it is for'], rows),
    'Executables in the folders of [phases](phases.md), such as `install.d/50-web`, are hooks. Their names are digits, letters, `_` and `-`; the number decides the order among the hooks of all elements.',
  ]);
}
