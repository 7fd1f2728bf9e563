import path from 'node:path';
import type { Compression } from '../model/compression.ts';
import { IngotError, type Issue } from '../model/error.ts';
import type { BuildRequest, Environment } from '../model/request.ts';
import { optionOf, SETTING_NAMES } from './disk-image-create-options.ts';
import { readCompressions, readQcow2Compression } from './read-compressions.ts';
import { readDockerTarget } from './read-docker-target.ts';
import {
  readBreaks,
  readChecksums,
  readDeviceMode,
  readFormats,
  readImageUsage,
  readOutputName,
  readQemuOptions,
  readSize,
  readTmpfs,
  readTrace,
} from './read-settings.ts';
import { type GivenSettings, SettingReader, type WrittenValue } from './setting-reader.ts';

/** What a command line has to know of the machine and the caller. */
export interface HostFacts {
  /** Absolute path of the current folder. */
  readonly workingFolder: string;
  /** Absolute path of the caller's home folder. */
  readonly homeFolder: string;
  /** Debian's name of the machine's architecture. */
  readonly arch: string;
}

/** A command line, taken apart. */
export interface CommandLine {
  /** Name of the command as called. */
  readonly command: string;
  /** Words after it. */
  readonly words: readonly string[];
  readonly purpose: BuildRequest['purpose'];
  readonly given: GivenSettings;
  readonly operands: readonly string[];
  readonly environment: Environment;
  readonly facts: HostFacts;
  /** Where neither an option nor `DIB_QCOW2_COMPRESSION` says anything. */
  readonly compressionFallback: Compression<'qcow2'>['kind'];
  /** As chosen by an option of the command. */
  readonly compression?: WrittenValue;
  readonly refreshes?: boolean;
  /** Names of variables that belong to the command line itself, so that clearing the environment leaves them. */
  readonly ownVariables?: readonly string[];
}

/** A validated wish, and what the person should hear of before it is granted. */
export interface ParsedBuild {
  readonly request: BuildRequest;
  readonly warnings: readonly string[];
}

/** Variables that stay when the caller's environment is cleared: without them no program finds its way about. */
const KEPT_VARIABLES = ['HOME', 'LANG', 'LOGNAME', 'PATH', 'TERM', 'USER'] as const;

/**
 * Turns a command line into the one validated request that everything later works from.
 * @throws IngotError `USAGE` with every fault as an issue, `FORMAT_UNKNOWN` for a format that cannot be written
 */
export function toBuildRequest(line: CommandLine): ParsedBuild {
  const environment = startingEnvironment(line);
  const reader = new SettingReader(line.given, environment);
  const elements = line.operands.flatMap((operand) => operand.split(/\s+/)).filter((name) => name !== '');
  if (elements.length === 0) {
    reader.fault(
      'No element is named, and at least one has to provide an operating system',
      `Name elements, such as: ${line.command} debian-minimal vm`,
    );
  }
  const formats = readFormats(reader);
  const name = readOutputName(reader, formats);
  const debugTrace = readTrace(reader);
  const imageCache = readFolder(line, reader.text('imageCache') ?? '~/.cache/image-create');
  const request: BuildRequest = {
    purpose: line.purpose,
    elements,
    skipsBase: reader.text('skipBase') === '1',
    arch: reader.text('arch') ?? line.facts.arch,
    outputName: path.resolve(line.facts.workingFolder, name),
    formats,
    qcow2: {
      compression: readQcow2Compression(reader, line.compression) ?? { kind: line.compressionFallback },
      options: readQemuOptions(reader),
    },
    compression: readCompressions(reader),
    dockerTarget: readDockerTarget(reader, formats),
    aciManifest: formats.includes('aci') ? readAciManifest(reader, line) : undefined,
    checksums: readChecksums(reader),
    packages: reader.words('packages'),
    size: readSize(reader),
    filesystem: {
      type: reader.variable('FS_TYPE')?.text ?? 'ext4',
      rootLabel: reader.text('rootLabel'),
      mkfsOptions: (reader.text('mkfsOptions') ?? '').split(/\s+/).filter((word) => word !== ''),
    },
    deviceMode: readDeviceMode(reader),
    tmpfs: readTmpfs(reader),
    isOffline: reader.text('offline') !== undefined,
    refreshes: line.refreshes === true,
    imageCache,
    ccacheFolder: readFolder(line, reader.variable('DIB_CCACHE_DIR')?.text ?? path.join(imageCache, 'ccache')),
    lockFolder: readFolder(line, reader.variable('DIB_LOCKFILES')?.text ?? '~/.cache/dib/lockfiles'),
    defaultInstallType: reader.text('installType') ?? 'source',
    ramdiskElement: reader.text('ramdiskElement') ?? 'ramdisk',
    elementsPath: elementsPathOf(environment, line.facts.workingFolder),
    breaks: readBreaks(reader),
    debugTrace,
    keepsOldImage: (reader.variable('OVERWRITE_OLD_IMAGE')?.text ?? '0') === '0',
    showsImageUsage: readImageUsage(reader),
    temporaryFolder: readFolder(line, reader.variable('TMPDIR')?.text ?? reader.variable('TMP_DIR')?.text ?? '/tmp'),
    workingFolder: line.facts.workingFolder,
    environment: exportedEnvironment(line, environment, {
      IMAGE_NAME: name,
      ARCH: reader.text('arch') ?? line.facts.arch,
      ...(line.given.has('trace') ? { DIB_DEBUG_TRACE: String(debugTrace) } : {}),
    }),
    commandLine: line.words,
    sourceDateEpoch: reader.numberOf(reader.variable('SOURCE_DATE_EPOCH'), {
      what: 'a time in seconds since 1970',
      isWhole: true,
      atLeast: 0,
    }),
  };
  throwIssues(line.command, reader.issues);
  return { request, warnings: warningsFor(environment, line) };
}

/** The USAGE error for faults of a command line, when there are any. */
export function throwIssues(command: string, issues: readonly Issue[]): void {
  const [first] = issues;
  if (first === undefined) return;
  if (issues.length === 1) throw new IngotError('USAGE', first.message, { hint: first.hint });
  throw new IngotError('USAGE', `${issues.length} things on the command line cannot be understood`, {
    issues,
    hint: `See: ${command} --help`,
  });
}

function startingEnvironment(line: CommandLine): Environment {
  const clears = line.given.has('clearEnvironment') || line.environment.CLEAR_ENV === '1';
  if (!clears) return line.environment;
  return Object.fromEntries(
    [...KEPT_VARIABLES, ...(line.ownVariables ?? [])].flatMap((name) => {
      const value = line.environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function readFolder(line: CommandLine, folder: string): string {
  const home = line.facts.homeFolder;
  return path.resolve(line.facts.workingFolder, folder.replace(/^~(?=\/|$)/, home));
}

function readAciManifest(reader: SettingReader, line: CommandLine): string | undefined {
  const written = reader.variable('ACI_MANIFEST');
  return written === undefined ? undefined : path.resolve(line.facts.workingFolder, written.text);
}

/**
 * The folders of `ELEMENTS_PATH`, absolute, in order. An empty entry stays as it is, so that the element library can say which one it is.
 */
export function elementsPathOf(environment: Environment, workingFolder: string): readonly string[] {
  const text = environment.ELEMENTS_PATH ?? '';
  if (text === '') return [];
  return text.split(':').map((entry) => (entry === '' ? '' : path.resolve(workingFolder, entry)));
}

/** The environment of the hooks: the caller's, and the values of the options in their variables. */
function exportedEnvironment(line: CommandLine, environment: Environment, computed: Environment): Environment {
  const exported: Record<string, string> = { ...environment };
  for (const setting of SETTING_NAMES) {
    const { exports, reads } = optionOf(setting);
    const value = line.given.get(setting)?.at(-1)?.text;
    // An option changes its variable as an assignment in bash does: hooks see it where the caller had exported the variable.
    const name = exports ?? (reads !== undefined && reads in environment ? reads : undefined);
    if (name !== undefined && value !== undefined) exported[name] = value;
  }
  return { ...exported, ...computed };
}

function warningsFor(environment: Environment, line: CommandLine): readonly string[] {
  const warnings: string[] = [];
  if (environment.DIB_OFFLINE === '0' && !line.given.has('offline')) {
    warnings.push('DIB_OFFLINE=0 means offline, as every value does; unset it or leave it empty to build online.');
  }
  return warnings;
}
