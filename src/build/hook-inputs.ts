import { randomUUID } from 'node:crypto';
import { lstat, opendir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readTextIfPresent } from '../host/optional-file.ts';
import { digestOf, type KeyFields } from '../layers/key.ts';
import type { Freshness } from '../layers/store.ts';
import type { Element, Hook } from '../model/element.ts';
import { isErrno } from '../model/errno.ts';
import { PHASES } from '../model/phase.ts';
import type { Environment } from '../model/request.ts';
import { joined, readTexts, type Texts, wordsOf } from './file-texts.ts';
import type { HookLibrary } from './hook-library.ts';

/** Files of elements that hooks do not read themselves: ingot's own requests do, and a step that makes one keys them. */
const METADATA = /^(package-installs\.(json|yaml)|pkg-map|svc-map|element-(deps|provides)|README(\..*)?|.*\.(md|rst))$/;
const REQUEST_FILES = ['package-installs.json', 'package-installs.yaml', 'pkg-map', 'svc-map'];

/** A text that matches can read other files of the merged hook tree. */
const SEES_HOOK_TREE = /TMP_HOOKS_PATH|TMP_BUILD_DIR|in_target\.d|BASH_SOURCE|\$0|\$\{0/;
/** Such a text says which part it reads: the first folder or file below the tree. */
const NAMES_PART = /(?:\$\{?TMP_HOOKS_PATH\}?|\/tmp\/in_target\.d)"?\/([\w.-]+)/g;
const ASKS_FOR_METADATA =
  /package-installs|install-packages|pkg-map|svc-map|IMAGE_ELEMENT_YAML|get_image_element_array/;
const INSTALLS_PACKAGES =
  /\bapt(-get|itude)?\b|install-packages|fetch-packages|bootstrap-(debian|rpm)|package-installs|\b(dnf|yum|zypper)\b|\bYUM\b/;
const ASKS_FOR_BASE_IMAGE = /\bingot-request"?\s+base-image\b/;
const REACHES_NETWORK =
  /(?:^|[;&|(`!]|\b(?:sudo|then|do|else|exec|if|timeout \S+)\s)\s*(?:(?:\S*\/)?(?:curl|wget|cache-url|extract-image|pip3?|npm|cargo|podman|docker|ssh|scp)|\S+\s+-m\s+pip|\$\{?DIB_PYTHON_PIP\}?|git\s+(?:clone|fetch|pull)|go\s+(?:get|install))\s|\brsync\b[^\n]*::?[\w/]/m;
const READS_CALLERS_FILES = /\bHOME\b|~\//;
/** A host hook that matches writes beside the image, where no layer keeps it. */
const WRITES_BESIDE_IMAGE = /\b(IMAGE_NAME|DIB_MANIFEST_SAVE_DIR)\b/;
/** `compgen -e PREFIX_` names what it reads by its prefix. */
const READS_ALL_VARIABLES =
  /\b(printenv|compgen(?!\s+-[ev]\s+[A-Z]\w*_\s)|declare\s+-[px]+|export\s+-p)\b|\benv\s*($|[|>;)])/m;

/** Variables that matter to programs that name them nowhere in a hook. */
const ALWAYS_KEYED =
  /^(ARCH|DISTRO_NAME|DIB_RELEASE|SOURCE_DATE_EPOCH|LANG|LC_ALL|DEBIAN_FRONTEND|YUM|(https?|ftp|all|no)_proxy|(HTTPS?|FTP|ALL|NO)_PROXY|PIP_.*)$/;

/** Variables that steer ingot's own package requests. */
const STEERS_PACKAGES =
  /^DIB_(ADD_APT|APT|DEB|DISTRIBUTION|UBUNTU|DEFAULT_INSTALLTYPE|INSTALLTYPE|PYTHON|YUM|DNF|ZYPPER)/;

/** Variables that say where things lie on this machine, not what they are. */
const NEVER_KEYED =
  /^(TMP_.*|TMPDIR|TMP_DIR|TARGET_ROOT|INGOT_CHANNEL|_LIB|PYTHONPATH|PS4|ELEMENTS_PATH|IMAGE_ELEMENT_YAML|DIB_(IMAGE_CACHE|CCACHE_DIR|LOCKFILES|BLOCK_DEVICE_PARAMS_YAML|PYTHON_EXEC)|PWD|OLDPWD|SHLVL|_|BASH_FUNC_.*)$/;

/** Its value looks like a folder of this machine. */
const PLACES_IN_IMAGE = 'DIB_MOUNTPOINTS';

/** A file larger than this is told by its size and time instead of its content; in bytes. */
const LARGE_FILE = 64 * 1024 * 1024;

/** Entries below a folder up to which it is looked through. */
const LARGE_FOLDER = 10_000;

/** Files of the merged hook tree that are no hooks, as a whole and by the first folder or file of their paths. */
interface SharedFiles {
  readonly whole: Texts;
  readonly parts: ReadonlyMap<string, Texts>;
}

/** Versions of what hooks can fetch through the builder. */
export interface SourceVersions {
  /** Digest of the signed release files of the package repositories. */
  readonly packages: string;
  /** Version of the published image that the root tree starts from. */
  readonly baseImage: string;
}

/** True for the text of a hook that lets the builder unpack the base image that the elements name. */
export function asksForBaseImage(text: string): boolean {
  return ASKS_FOR_BASE_IMAGE.test(text);
}

/** What hooks can depend on. */
export interface HookSurroundings {
  /** Path of the merged hook tree, as it is before the first step. */
  readonly folder: string;
  readonly hooks: readonly Hook[];
  /** Ingot answers requests from their files. */
  readonly elements: readonly Element[];
  readonly library: HookLibrary;
}

/** What the hooks of one build can see beside the root tree. */
export class HookInputs {
  readonly #texts: Map<string, string>;
  readonly #shared: SharedFiles;
  readonly #metadata: Texts;
  readonly #library: HookLibrary;
  readonly #environmentFiles: readonly EnvironmentFile[];

  private constructor(texts: Map<string, string>, shared: SharedFiles, metadata: Texts, library: HookLibrary) {
    this.#texts = texts;
    this.#shared = shared;
    this.#metadata = metadata;
    this.#library = library;
    this.#environmentFiles = environmentFilesOf(texts);
  }

  /** Reads the hook tree and the elements' files. */
  static async read({ folder, hooks, elements, library }: HookSurroundings): Promise<HookInputs> {
    const ownNames = new Set(hooks.map((hook) => `${hook.phase}/${hook.name}`));
    const texts = readTexts(folder);
    const isShared = (path: string) =>
      !ownNames.has(path) && !METADATA.test(path) && !path.startsWith('environment.d/');
    const shared = sharedFiles([...texts].filter(([path]) => isShared(path)));
    return new HookInputs(texts, shared, joined(readRequestFiles(elements)), library);
  }

  /** Takes notice of hooks that other hooks made. */
  async learn(folder: string, hooks: readonly Hook[]): Promise<void> {
    for (const { phase, name } of hooks) {
      const path = `${phase}/${name}`;
      if (!this.#texts.has(path)) this.#texts.set(path, await readFile(join(folder, path), 'latin1'));
    }
  }

  /** Everything that can change what a hook does, by name. */
  async fieldsOf(hook: Hook, env: Environment, sources: SourceVersions): Promise<KeyFields> {
    const text = this.textOf(hook);
    const seen = this.#seenBy(text);
    const asksForMetadata = ASKS_FOR_METADATA.test(text);
    const usesLibrary = this.#library.uses(text);
    // Inside the tree, programs that came from the hook tree earlier may run.
    const runnable = PHASES[hook.phase].side === 'chroot' ? [this.#shared.whole] : seen;
    const named = new Set([
      ...wordsOf(text),
      ...runnable.flatMap((files) => [...files.words]),
      ...(asksForMetadata ? this.#metadata.words : []),
      ...(usesLibrary ? this.#library.texts.words : []),
    ]);
    const variables = keyedVariables(env, named, text);
    const readsHost = PHASES[hook.phase].side === 'host' && this.freshnessOf(hook) !== 'always-runs';
    return {
      hook: digestOf(text),
      'environment.d': digestOf(relevantFiles(this.#environmentFiles, [...named, ...variables]).join('\n')),
      ...(seen.length > 0 ? { 'hook tree': digestOf(seen.map((files) => files.digest).join('\n')) } : {}),
      ...(asksForMetadata ? { 'package and service files': this.#metadata.digest } : {}),
      ...(usesLibrary ? { 'hook library': this.#library.texts.digest } : {}),
      ...(INSTALLS_PACKAGES.test(text) ? { 'package indices': sources.packages } : {}),
      ...(asksForBaseImage(text) ? { 'base image': sources.baseImage } : {}),
      ...(await variableFields(env, variables, readsHost)),
    };
  }

  /** How long the layer of a hook may be believed. */
  freshnessOf(hook: Hook): Freshness {
    const text = this.textOf(hook);
    const isHost = PHASES[hook.phase].side === 'host';
    if (isHost && (READS_CALLERS_FILES.test(text) || WRITES_BESIDE_IMAGE.test(text))) return 'always-runs';
    return REACHES_NETWORK.test(text) ? 'expires' : 'tracked';
  }

  /** The parts of the hook tree, beside hooks, that a hook's text can read. */
  #seenBy(text: string): readonly Texts[] {
    if (!SEES_HOOK_TREE.test(text)) return [];
    if (SEES_HOOK_TREE.test(text.replace(NAMES_PART, ''))) return [this.#shared.whole];
    return [...text.matchAll(NAMES_PART)].flatMap(([, part]) => this.#shared.parts.get(part ?? '') ?? []);
  }

  /** The text of a hook as far as it is known; empty for one that no element has. */
  textOf(hook: Hook): string {
    return this.#texts.get(`${hook.phase}/${hook.name}`) ?? '';
  }
}

/** A file of environment.d and the variables it sets and mentions. */
interface EnvironmentFile {
  readonly text: string;
  readonly sets: ReadonlySet<string>;
  readonly mentions: ReadonlySet<string>;
}

function environmentFilesOf(texts: ReadonlyMap<string, string>): readonly EnvironmentFile[] {
  const files = [...texts].filter(([path]) => path.startsWith('environment.d/')).sort();
  return files.map(([, text]) => ({
    text,
    sets: new Set([...text.matchAll(/\b([A-Za-z_][A-Za-z0-9_]*)\+?=/g)].flatMap(([, name]) => name ?? [])),
    mentions: wordsOf(text),
  }));
}

/** Texts of the files that set what is wanted, or what those files need in turn. A file that sets nothing may do anything and counts. */
function relevantFiles(files: readonly EnvironmentFile[], wanted: readonly string[]): readonly string[] {
  const needed = new Set(wanted);
  const chosen = new Set<EnvironmentFile>();
  for (let size = -1; size !== chosen.size; ) {
    size = chosen.size;
    for (const file of files) {
      if (chosen.has(file) || (file.sets.size > 0 && ![...file.sets].some((name) => needed.has(name)))) continue;
      chosen.add(file);
      for (const name of file.mentions) needed.add(name);
    }
  }
  return files.filter((file) => chosen.has(file)).map((file) => file.text);
}

/** Names of the variables that can change what a text does. Hooks also put names together: `DIB_REPOREF_` names all that begin so. */
function keyedVariables(env: Environment, named: ReadonlySet<string>, text: string): readonly string[] {
  const prefixes = [...named].filter((word) => /^[A-Z].*_$/.test(word));
  const readsAll = READS_ALL_VARIABLES.test(text);
  const steersPackages = INSTALLS_PACKAGES.test(text);
  return Object.keys(env).filter((name) => {
    if (NEVER_KEYED.test(name)) return false;
    if (named.has(name) || ALWAYS_KEYED.test(name) || prefixes.some((prefix) => name.startsWith(prefix))) return true;
    return (readsAll && name.startsWith('DIB_')) || (steersPackages && STEERS_PACKAGES.test(name));
  });
}

/** @param readsHost true for a hook that has to run again when the files and folders that its variables name have changed */
async function variableFields(env: Environment, names: readonly string[], readsHost: boolean): Promise<KeyFields> {
  const fields: Record<string, string> = {};
  for (const name of names) {
    const value = env[name] ?? '';
    fields[`$${name}`] = digestOf(value);
    const file = readsHost && name !== PLACES_IN_IMAGE ? await fileIdentity(value) : undefined;
    if (file !== undefined) fields[`file of $${name}`] = file;
  }
  return fields;
}

function sharedFiles(files: readonly (readonly [path: string, text: string])[]): SharedFiles {
  const groups = Map.groupBy(files, ([path]) => path.split('/')[0] ?? '');
  return { whole: joined(files), parts: new Map([...groups].map(([part, group]) => [part, joined(group)])) };
}

/** Of every element, also of those that an earlier one of the same name hides: package wishes are taken from all. */
function readRequestFiles(elements: readonly Element[]): (readonly [string, string])[] {
  const places = elements.flatMap(({ name, path, hides }) =>
    [path, ...hides].flatMap((folder, rank) =>
      REQUEST_FILES.map((file) => ({ id: `${name}/${rank}/${file}`, path: join(folder, file) })),
    ),
  );
  return places.flatMap(({ id, path }) => {
    const text = readTextIfPresent(path);
    return text === undefined ? [] : [[id, text] as const];
  });
}

/** What tells a file or folder that a variable names from another one at the same path; undefined where the value names none. */
async function fileIdentity(value: string): Promise<string | undefined> {
  const path = value.replace(/^file:\/\//, '');
  if (!path.startsWith('/') || path.includes('\n')) return undefined;
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isDirectory()) return await folderIdentity(path);
  if (!facts?.isFile()) return undefined;
  return facts.size > LARGE_FILE ? `${facts.size} ${facts.mtimeMs}` : digestOf(await readFile(path));
}

/**
 * Names, modes, sizes and times below a folder; for one that is large, or changes meanwhile, something new each time, so that what reads it
 * runs.
 */
async function folderIdentity(folder: string): Promise<string> {
  const entries: string[] = [];
  try {
    for await (const { parentPath, name } of await opendir(folder, { recursive: true })) {
      if (entries.length === LARGE_FOLDER) return randomUUID();
      const path = join(parentPath, name);
      const facts = await lstat(path).catch(() => undefined);
      entries.push(JSON.stringify([relative(folder, path), facts?.mode, facts?.size, facts?.mtimeMs]));
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return randomUUID();
    throw error;
  }
  return digestOf(entries.sort().join('\n'));
}
