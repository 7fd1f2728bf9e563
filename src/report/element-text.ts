import { escapeForeign } from './terminal-text.ts';

/** What is told of an element. */
export interface ToldElement {
  readonly name: string;
  readonly path: string;
  readonly summary: string;
  readonly isBundled: boolean;
  readonly hides: readonly string[];
  readonly provides: readonly string[];
  readonly needs: readonly string[];
  readonly neededBy: readonly string[];
  readonly hooks: readonly { readonly phase: string; readonly name: string }[];
  readonly packages: readonly ToldPackage[];
  readonly variables: readonly { readonly name: string; readonly fallback?: string; readonly meaning: string }[];
  readonly tests: readonly string[];
}

interface ToldPackage {
  readonly package: string;
  readonly phase: string;
  readonly kind: 'install' | 'uninstall' | 'build-only';
  readonly arch?: string;
  readonly notArch?: string;
  readonly installType?: string;
  readonly when: readonly string[];
  readonly names: Readonly<Record<string, string>>;
}

/** Columns of the names at the left. */
const NAME_COLUMN = 12;

/** Everything about an element, for a person. Parts that it has nothing of are left out. */
export function elementText(element: ToldElement): string {
  const blocks = [
    row('element', element.name),
    row('', element.summary),
    row('folder', `${element.path}${element.isBundled ? ' (comes with ingot)' : ''}`),
    list('overrides', element.hides),
    row('provides', element.provides.join(' ')),
    row('needs', element.needs.join(' ')),
    row('needed by', element.neededBy.join(' ')),
    list(
      'hooks',
      element.hooks.map(({ phase, name }) => `${phase}/${name}`),
    ),
    list('packages', element.packages.map(packageText)),
    list('variables', element.variables.map(variableText)),
    list(
      'tests',
      element.tests.map((test) => `${element.name}/${test}`),
    ),
  ];
  return blocks.join('');
}

function row(name: string, text: string): string {
  return text === '' ? '' : `${name.padEnd(NAME_COLUMN)}${escapeForeign(text)}\n`;
}

function list(name: string, items: readonly string[]): string {
  return items.map((item, index) => row(index === 0 ? name : '', item)).join('');
}

function packageText({ package: name, phase, kind, arch, notArch, installType, when, names }: ToldPackage): string {
  const mapped = Object.entries(names).map(([section, text]) => `${section}: ${text || 'none'}`);
  const conditions = [
    ...(kind === 'install' ? [] : [kind]),
    ...(arch === undefined ? [] : [`only on ${arch}`]),
    ...(notArch === undefined ? [] : [`not on ${notArch}`]),
    ...(installType === undefined ? [] : [`for the install type ${installType}`]),
    ...(when.length === 0 ? [] : [`when ${when.join(' and ')}`]),
    ...(mapped.length === 0 ? [] : [mapped.join('; ')]),
  ];
  return [`${name}  ${phase}`, ...conditions.map((text) => `(${text})`)].join('  ');
}

function variableText({ name, fallback, meaning }: ToldElement['variables'][number]): string {
  const value = fallback === undefined || fallback === '' ? '' : `  [${fallback}]`;
  return `${name}${value}${meaning === '' ? '' : `  ${meaning}`}`;
}
