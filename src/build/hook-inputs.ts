import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { digestOf, type KeyFields } from '../layers/key.ts';
import type { Freshness } from '../layers/store.ts';
import type { Hook } from '../model/element.ts';
import { PHASES } from '../model/phase.ts';
import type { Environment } from '../model/request.ts';

/** Files of the merged hook tree that only ingot's own requests read; a step that makes such a request keys them. */
const METADATA = /^(package-installs\.(json|yaml)|pkg-map|svc-map|element-(deps|provides)|README(\..*)?|.*\.(md|rst))$/;

/** A text that matches can read other files of the merged hook tree. */
const SEES_HOOK_TREE = /TMP_HOOKS_PATH|TMP_BUILD_DIR|in_target\.d|\bdirname\b|BASH_SOURCE|\$0|\$\{0/;
const ASKS_FOR_METADATA = /package-installs|pkg-map|svc-map|IMAGE_ELEMENT_YAML|get_image_element_array/;
const INSTALLS_PACKAGES = /\bapt(-get|itude)?\b|install-packages|fetch-packages|bootstrap-debian|package-installs/;
const REACHES_NETWORK =
  /\b(curl|wget|cache-url|pip3?|npm|cargo|podman|docker|rsync|ssh|scp)\b|\bgit\s+(clone|fetch|pull)|\bgo\s+(get|install)/;
const READS_CALLERS_FILES = /\bHOME\b|~\//;

/** Variables that matter to programs that name them nowhere in a hook. */
const ALWAYS_KEYED =
  /^(ARCH|DISTRO_NAME|SOURCE_DATE_EPOCH|INSTALL_PACKAGES|LANG|LC_ALL|DEBIAN_FRONTEND|YUM|(https?|ftp|all|no)_proxy|(HTTPS?|FTP|ALL|NO)_PROXY|PIP_.*|DIB_.*)$/;

/** Variables that every command line changes: keyed only where a hook names them. */
const KEYED_WHEN_NAMED =
  /^DIB_(ARGS|ENV|DEBUG_TRACE|IMAGE_SIZE|IMAGE_EXTRA_SIZE|CHECKSUM|QUIET|NO_TIMESTAMP|NO_TMPFS|MIN_TMPFS|OFFLINE|JOURNAL_SIZE|GZIP_BIN)$/;

/** Variables that say where things lie on this machine, not what they are. */
const NEVER_KEYED =
  /^(TMP_.*|TMPDIR|TMP_DIR|TARGET_ROOT|INGOT_CHANNEL|_LIB|PS4|ELEMENTS_PATH|IMAGE_ELEMENT_YAML|DIB_(IMAGE_CACHE|LOCKFILES|BLOCK_DEVICE_PARAMS_YAML|PYTHON_EXEC)|PWD|OLDPWD|SHLVL|_|BASH_FUNC_.*)$/;

/** A file larger than this is told by its size and time instead of its content; in bytes. */
const LARGE_FILE = 64 * 1024 * 1024;

/** What the hooks of one build can see beside the root tree. */
export class HookInputs {
  readonly #texts: Map<string, string>;
  readonly #shared: { readonly digest: string; readonly text: string };
  readonly #metadata: string;
  readonly #environmentFiles: { readonly digest: string; readonly text: string };

  private constructor(texts: Map<string, string>, isHook: (path: string) => boolean) {
    this.#texts = texts;
    const paths = [...texts.keys()].sort();
    const summary = (chosen: readonly string[]) => ({
      digest: digestOf(JSON.stringify(chosen.map((path) => [path, texts.get(path)]))),
      text: chosen.map((path) => texts.get(path)).join('\n'),
    });
    this.#shared = summary(paths.filter((path) => !isHook(path) && !METADATA.test(path)));
    this.#metadata = summary(paths.filter((path) => METADATA.test(path))).digest;
    this.#environmentFiles = summary(paths.filter((path) => path.startsWith('environment.d/')));
  }

  /** Reads a merged hook tree as it is before the first step. */
  static async read(folder: string, hooks: readonly Hook[]): Promise<HookInputs> {
    const ownNames = new Set(hooks.map((hook) => `${hook.phase}/${hook.name}`));
    return new HookInputs(await readTexts(folder, folder), (path) => ownNames.has(path));
  }

  /** Takes notice of hooks that other hooks made. */
  async learn(folder: string, hooks: readonly Hook[]): Promise<void> {
    for (const { phase, name } of hooks) {
      const path = `${phase}/${name}`;
      if (!this.#texts.has(path)) this.#texts.set(path, await readFile(join(folder, path), 'latin1'));
    }
  }

  /** Everything that can change what a hook does, by name. */
  async fieldsOf(hook: Hook, env: Environment, indexIdentity: string): Promise<KeyFields> {
    const text = this.#textOf(hook);
    const seesTree = SEES_HOOK_TREE.test(text);
    const readable = [text, this.#environmentFiles.text, seesTree ? this.#shared.text : ''].join('\n');
    return {
      hook: digestOf(text),
      'environment.d': this.#environmentFiles.digest,
      ...(seesTree ? { 'hook tree': this.#shared.digest } : {}),
      ...(ASKS_FOR_METADATA.test(text) ? { 'package, service and element files': this.#metadata } : {}),
      ...(INSTALLS_PACKAGES.test(text) ? { 'package indices': indexIdentity } : {}),
      ...(await this.#variableFields(readable, env)),
    };
  }

  /** How long the layer of a hook may be believed. */
  freshnessOf(hook: Hook): Freshness {
    const text = this.#textOf(hook);
    if (PHASES[hook.phase].side === 'host' && READS_CALLERS_FILES.test(text)) return 'always-runs';
    return REACHES_NETWORK.test(text) ? 'expires' : 'tracked';
  }

  /** Whether a hook's text speaks of something. */
  mentions(hook: Hook, pattern: RegExp): boolean {
    return pattern.test(this.#textOf(hook));
  }

  #textOf(hook: Hook): string {
    return this.#texts.get(`${hook.phase}/${hook.name}`) ?? '';
  }

  async #variableFields(readable: string, env: Environment): Promise<KeyFields> {
    const named = new Set(readable.match(/[A-Za-z_][A-Za-z0-9_]*/g));
    const fields: Record<string, string> = {};
    for (const [name, value] of Object.entries(env)) {
      if (NEVER_KEYED.test(name)) continue;
      const isAlways = ALWAYS_KEYED.test(name) && !KEYED_WHEN_NAMED.test(name);
      if (!isAlways && !named.has(name)) continue;
      fields[`$${name}`] = digestOf(value);
      const file = await fileIdentity(value);
      if (file !== undefined) fields[`file of $${name}`] = file;
    }
    return fields;
  }
}

/** What tells a file that a variable names from another one at the same path; undefined where the value names none. */
async function fileIdentity(value: string): Promise<string | undefined> {
  const path = value.replace(/^file:\/\//, '');
  if (!path.startsWith('/') || path.includes('\n')) return undefined;
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) return undefined;
  return facts.size > LARGE_FILE ? `${facts.size} ${facts.mtimeMs}` : digestOf(await readFile(path));
}

async function readTexts(root: string, folder: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const name = relative(root, path);
    if (entry.isDirectory()) for (const [below, text] of await readTexts(root, path)) texts.set(below, text);
    else if (entry.isSymbolicLink())
      texts.set(name, `link to ${await readlink(path)}\n${await readFile(path, 'latin1').catch(() => '')}`);
    else if (entry.isFile())
      texts.set(name, `mode ${((await stat(path)).mode & 0o7777).toString(8)}\n${await readFile(path, 'latin1')}`);
  }
  return texts;
}
