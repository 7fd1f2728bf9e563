import { access } from 'node:fs/promises';
import { z } from 'zod';
import { readTextIfPresent } from '../host/optional-file.ts';
import { resolveInTree } from '../host/tree-path.ts';
import type { Element } from '../model/element.ts';
import { isErrno } from '../model/errno.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { parseDefinition, schemaIssues } from '../yaml/definition-file.ts';
import { HOOKS_IN_TREE } from './contract-environment.ts';
import { throwIssues } from './definition-issues.ts';
import { type PackageInstalls, squashPackageWishes } from './package-installs.ts';
import { readPackageWishes } from './package-installs-file.ts';
import { mapWantedPackages } from './package-maps.ts';
import { mergeServiceMaps, parseServices, serviceMapText } from './svc-map.ts';

/** What a hook asks. */
export interface ElementCall {
  readonly args: readonly string[];
  readonly input: string;
  /** The hook's whole environment. */
  readonly env: Environment;
}

/** What the hook sees, as if a command had run. */
export interface ElementAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the answers are made of. */
export interface ElementContext {
  /** Chosen elements in order. */
  readonly elements: readonly Element[];
  /** Absolute path of the root tree. */
  readonly tree: string;
}

const DEFAULT_PACKAGES_FILE = '/tmp/package-installs.json';
const SERVICES_FILE = '/usr/share/svc-map/services';

const Pairs = z.array(z.tuple([z.string(), z.string()]), { error: 'has to be a list of pairs of package and element' });
const PackageInstallsFile = z.record(
  z.string(),
  z.object(
    { install: Pairs.default([]), uninstall: Pairs.default([]) },
    { error: 'has to have install and uninstall' },
  ),
  { error: 'has to be a map of phases' },
);

/**
 * Answers `package-installs`. Without arguments: the merged wishes of all elements as JSON. With `--phase PHASE --install|--uninstall
 * [FILE]`: the distribution's names of that phase's packages, one on a line, from FILE of the tree.
 * @throws IngotError `DEFINITION_INVALID`, `USAGE`
 */
export async function answerPackageInstalls(call: ElementCall, context: ElementContext): Promise<ElementAnswer> {
  if (call.args.length === 0) {
    const { wishes } = await readPackageWishes(context.elements);
    const squashed = squashPackageWishes(wishes, call.env);
    return { status: 0, stdout: `${JSON.stringify(squashed, undefined, 1)}\n`, stderr: '' };
  }
  const [option, phase, act, file = DEFAULT_PACKAGES_FILE] = call.args;
  if (option !== '--phase' || phase === undefined || (act !== '--install' && act !== '--uninstall')) {
    throw new IngotError('USAGE', 'package-installs: the arguments are not understood', {
      hint: 'Give nothing, or: --phase PHASE --install|--uninstall [FILE]',
    });
  }
  if (call.env.DISTRO_NAME === undefined) {
    throw new IngotError('USAGE', 'package-installs: the variable DISTRO_NAME is not set', {
      hint: 'Package maps depend on it. The operating-system element has to export it in environment.d.',
    });
  }
  const packages = (await readPackagesFile(file, context.tree))[phase];
  const wanted = (act === '--install' ? packages?.install : packages?.uninstall) ?? [];
  const distribution = { distro: call.env.DISTRO_NAME, release: call.env.DIB_RELEASE };
  const names = await mapWantedPackages(wanted, context, distribution);
  return { status: 0, stdout: names.map((name) => `${name}\n`).join(''), stderr: '' };
}

async function readPackagesFile(path: string, tree: string): Promise<PackageInstalls> {
  const file = await resolveInTree(tree, path);
  const text = readTextIfPresent(file);
  if (text === undefined) {
    throw new IngotError('DEFINITION_INVALID', `${path} is missing in the root tree`, {
      hint: 'extra-data.d/99-squash-package-install writes it. Another hook must have removed it.',
    });
  }
  const definition = parseDefinition(file, text);
  throwIssues(path, definition.issues);
  const parsed = PackageInstallsFile.safeParse(definition.value);
  if (parsed.success) return parsed.data;
  throwIssues(path, schemaIssues(definition, parsed.error));
  return {};
}

/**
 * Answers `svc-map`. With `--merge`: the text of `/usr/share/svc-map/services`. Otherwise the distribution's name of each service in the
 * arguments, one on a line; a service that has a unit of its own name in the tree keeps it.
 * @throws IngotError `DEFINITION_INVALID`
 */
export async function answerSvcMap(call: ElementCall, context: ElementContext): Promise<ElementAnswer> {
  if (call.args[0] === '--merge') {
    const names = await mergeServiceMaps(context.elements, call.env.DISTRO_NAME);
    return { status: 0, stdout: serviceMapText(names), stderr: '' };
  }
  const file = await resolveInTree(context.tree, SERVICES_FILE);
  const services = parseServices(file, readTextIfPresent(file) ?? '');
  const names = await Promise.all(
    call.args.map(async (service) =>
      (await hasUnit(service, context.tree)) ? service : (services[service] ?? service),
    ),
  );
  return { status: 0, stdout: names.map((name) => `${name}\n`).join(''), stderr: '' };
}

async function hasUnit(service: string, tree: string): Promise<boolean> {
  const units = [`/lib/systemd/system/${service}.service`, `/etc/init/${service}.conf`];
  const found = await Promise.all(units.map(async (unit) => await isPresent(await resolveInTree(tree, unit))));
  return found.includes(true);
}

/** True for a call that came from inside the root tree. */
export function isFromTree(call: ElementCall): boolean {
  return call.env.INGOT_CHANNEL?.startsWith(HOOKS_IN_TREE) ?? false;
}

async function isPresent(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return false;
    throw error;
  }
}
