import { resolveInTree } from '../host/tree-path.ts';
import type { Environment } from '../model/request.ts';
import { readPackageMap, readPackageMapFile } from './package-maps.ts';
import { mapPackage, type PackageMap } from './pkg-map.ts';
import { type ElementAnswer, type ElementCall, type ElementContext, isFromTree } from './request-answers.ts';

/** Options of `pkg-map` with a value and without. */
const VALUE_OPTIONS = ['element', 'pkg-map', 'distro', 'release', 'prefix'] as const;
const FLAGS = ['missing-ok', 'debug'] as const;

type ValueOption = (typeof VALUE_OPTIONS)[number];
type Flag = (typeof FLAGS)[number];

interface CommandLine {
  readonly values: Readonly<Partial<Record<ValueOption, string>>>;
  readonly flags: ReadonlySet<Flag>;
  /** Everything that is no option. */
  readonly names: readonly string[];
}

/**
 * Answers `pkg-map`: prints what the distribution calls each package, one on a line. The status is 1 for an error and 2 when the element
 * has no map and `--missing-ok` is not given. A name that the map gives no package for is skipped.
 * @throws IngotError `DEFINITION_INVALID` when the map cannot be understood
 */
export async function answerPkgMap(call: ElementCall, context: ElementContext): Promise<ElementAnswer> {
  const line = parseCommandLine(call.args);
  const element = line.values.element ?? '';
  const mapFile = line.values['pkg-map'] ?? '';
  if ((element === '') === (mapFile === '')) return fail(1, 'give either --element or --pkg-map');
  const distribution = distributionOf(line, call.env);
  if (distribution.distro === '') return fail(1, 'give --distro or set DISTRO_NAME');
  const map =
    mapFile === ''
      ? await readPackageMap(element, context)
      : await readPackageMapFile(isFromTree(call) ? await resolveInTree(context.tree, mapFile) : mapFile);
  const subject = mapFile === '' ? `element ${element}` : mapFile;
  const isMissingOk = line.flags.has('missing-ok');
  if (map === undefined && !isMissingOk) return fail(2, `${subject} has no package map`);
  return printNames(line, map ?? {}, distribution, subject);
}

function distributionOf({ values }: CommandLine, env: Environment): { distro: string; release: string | undefined } {
  return { distro: values.distro ?? env.DISTRO_NAME ?? '', release: values.release ?? env.DIB_RELEASE };
}

function printNames(
  { names, flags, values }: CommandLine,
  map: PackageMap,
  distribution: { distro: string; release: string | undefined },
  subject: string,
): ElementAnswer {
  const found = names.map((name) => ({ name, mapped: mapPackage(map, name, distribution) }));
  const isMissingOk = flags.has('missing-ok');
  const unmapped = isMissingOk ? [] : found.filter(({ mapped }) => mapped.kind === 'unmapped').map(({ name }) => name);
  // What comes before the first name without a translation is printed, as callers that go on after a failure know it.
  const told = found.slice(0, unmapped[0] === undefined ? undefined : names.indexOf(unmapped[0]));
  const printed = told.flatMap(({ name, mapped }) => {
    if (mapped.kind === 'mapped') return [mapped.name];
    return mapped.kind === 'unmapped' ? [name] : [];
  });
  const stdout = printed.map((name) => `${values.prefix ?? ''}${name}\n`).join('');
  const trace = flags.has('debug')
    ? found.map(({ name, mapped }) => `pkg-map: ${name}: ${mapped.kind === 'mapped' ? mapped.name : mapped.kind}\n`)
    : [];
  if (unmapped.length === 0) return { status: 0, stdout, stderr: trace.join('') };
  return { ...fail(1, `the package map of ${subject} lacks: ${unmapped.join(', ')}`), stdout };
}

/** Unknown options count as names, and names may stand anywhere. */
function parseCommandLine(args: readonly string[]): CommandLine {
  const values: Partial<Record<ValueOption, string>> = {};
  const flags = new Set<Flag>();
  const names: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const valueOption = VALUE_OPTIONS.find((option) => option === name);
    const flag = FLAGS.find((option) => option === name);
    if (valueOption !== undefined) values[valueOption] = inline ?? rest.shift() ?? '';
    else if (flag !== undefined) flags.add(flag);
    else names.push(word);
  }
  return { values, flags, names };
}

function fail(status: number, message: string): ElementAnswer {
  return { status, stdout: '', stderr: `pkg-map: ${message}\n` };
}
