import { open } from 'node:fs/promises';
import { archiveMembers } from './plain-deb.ts';
import { tarEntries } from './tar-entries.ts';

/** What a package says of itself, as far as the order of installing needs it. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly isEssential: boolean;
  /** True when a script of its own runs before it is unpacked. */
  readonly hasPreinst: boolean;
  /** Names it provides besides its own. */
  readonly provides: readonly string[];
  /** Each entry is a list of alternatives, without versions. */
  readonly depends: readonly (readonly string[])[];
  readonly preDepends: readonly (readonly string[])[];
  /** Where its files lie in the plain package file. */
  readonly data: { readonly offset: number; readonly size: number };
}

/** Reads the facts of a plain package file. */
export async function readPackageFacts(path: string): Promise<PackageFacts> {
  const members = await archiveMembers(path);
  const [control, data] = ['control.tar', 'data.tar'].map((name) => members.find((member) => member.name === name));
  if (control === undefined || data === undefined) throw new RangeError(`${path} is not a plain package file`);
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(control.size), 0, control.size, control.offset);
  const entries = [...tarEntries(buffer)];
  const text = entries.find((entry) => /^(\.\/)?control$/.test(entry.name))?.content.toString('utf8') ?? '';
  const hasPreinst = entries.some((entry) => /^(\.\/)?preinst$/.test(entry.name));
  return factsOf(text, hasPreinst, { offset: data.offset, size: data.size });
}

/** Makes the facts of a control file's text. */
export function factsOf(control: string, hasPreinst: boolean, data: PackageFacts['data']): PackageFacts {
  const fields = controlFields(control);
  const field = (name: string) => fields.get(name) ?? '';
  return {
    name: field('package'),
    version: field('version'),
    architecture: field('architecture'),
    isEssential: field('essential') === 'yes',
    hasPreinst,
    provides: relations(field('provides')).flat(),
    depends: relations(field('depends')),
    preDepends: relations(field('pre-depends')),
    data,
  };
}

function controlFields(control: string): ReadonlyMap<string, string> {
  const unfolded = control.replace(/\n[ \t]+/g, ' ');
  const fields = unfolded.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon > 0 ? [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]] : [];
  });
  return new Map(fields);
}

function relations(field: string): readonly (readonly string[])[] {
  return field
    .split(',')
    .filter((entry) => entry.trim() !== '')
    .map((entry) => entry.split('|').map((one) => one.trim().replace(/[\s:(].*$/s, '')));
}
