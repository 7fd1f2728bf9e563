import path from 'node:path';
import type { z } from 'zod';
import type { Credential } from '../model/access.ts';
import { IngotError, type Issue } from '../model/error.ts';
import type { TargetImage } from '../model/target-image.ts';
import { FuelFields, type WrittenFuelRequest } from './fuel-fields.ts';
import { DEFAULT_PACKAGES, defaultPackagesOf } from './fuel-packages.ts';
import { splitAddress } from './repository-address.ts';

/** A package repository of a request. */
export interface FuelRepository {
  /** As written, or `repos[N]`. */
  readonly name: string;
  /** Without user and password. */
  readonly uri: string;
  readonly credential: Credential | undefined;
  /** Of a flat repository a path with a slash at its end. */
  readonly suite: string;
  /** Empty for a flat repository. */
  readonly components: readonly string[];
  /** Undefined leaves the priority to apt. */
  readonly priority: number | undefined;
  /** How packages are known to be the repository's own; `machine` leaves it to the keys of this machine. */
  readonly trust:
    | { readonly kind: 'key'; readonly text: string }
    | { readonly kind: 'keyring'; readonly path: string }
    | { readonly kind: 'unsigned' }
    | { readonly kind: 'machine' };
}

/** A validated request for the target images of an environment. */
export interface FuelRequest {
  /** In order of their mount points, so that a filesystem comes before those mounted in it. */
  readonly images: readonly TargetImage[];
  /** Absolute path of the folder for the images. */
  readonly output: string;
  /** Name of the file that describes the images. */
  readonly metadataName: string;
  /** The minimal system comes from the first one. */
  readonly repositories: readonly FuelRepository[];
  readonly codename: string;
  /** Debian's name of the architecture. */
  readonly arch: string;
  readonly packages: readonly string[];
  readonly rootPassword: { readonly kind: 'plain' | 'hash'; readonly text: string } | undefined;
  /** Undefined leaves proxies to the caller's environment. */
  readonly proxies:
    | {
        readonly http: string | undefined;
        readonly https: string | undefined;
        readonly ftp: string | undefined;
        readonly direct: readonly string[];
      }
    | undefined;
}

/**
 * Reads a request, as JSON.
 * @throws IngotError `FUEL_REQUEST_INVALID` with every fault; each message begins with the field
 */
export function readFuelRequest(text: string): FuelRequest {
  const parsed = FuelFields.safeParse(parseJson(text));
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap(issuesOf));
  const issues = crossChecks(parsed.data);
  if (issues.length > 0) throw invalid(issues);
  return toRequest(parsed.data);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid([{ message: `The request is not JSON: ${reason.replaceAll(/\p{Cc}/gu, ' ')}` }]);
  }
}

function invalid(issues: readonly Issue[]): IngotError {
  const [first, ...others] = issues;
  if (first !== undefined && others.length === 0) return new IngotError('FUEL_REQUEST_INVALID', first.message);
  return new IngotError('FUEL_REQUEST_INVALID', `The request has ${issues.length} faults`, { issues });
}

function issuesOf({ path: field, message }: z.core.$ZodIssue): readonly Issue[] {
  return [fault(field, message)];
}

function fault(field: readonly PropertyKey[], message: string): Issue {
  return { message: `${fieldText(field)} ${message}` };
}

/** `image_data["/boot"].format`; the whole request where the path is empty. */
function fieldText(field: readonly PropertyKey[]): string {
  if (field.length === 0) return 'The request';
  return field
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = String(part);
      if (!/^\w+$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}

/** What no field tells alone. */
function crossChecks(written: WrittenFuelRequest): readonly Issue[] {
  return [...imageIssues(written), ...repositoryIssues(written), ...packageIssues(written)];
}

function imageIssues({ image_data: images }: WrittenFuelRequest): readonly Issue[] {
  const issues: Issue[] = [];
  if (images['/'] === undefined) issues.push(fault(['image_data', '/'], 'is missing: the root is always an image'));
  const owners = new Map<string, string>();
  for (const [mountPoint, { uri }] of Object.entries(images)) {
    const field = ['image_data', mountPoint];
    if (!isMountPoint(mountPoint))
      issues.push(
        fault(field, 'is no mount point: write an absolute path without blanks, ".", ".." and a slash at its end'),
      );
    const name = fileNameOf(uri);
    if (name === undefined) {
      issues.push(fault([...field, 'uri'], `has a path that ends in no name of a file: "${uri}"`));
      continue;
    }
    const owner = owners.get(name);
    if (owner !== undefined)
      issues.push(
        fault([...field, 'uri'], `names the same file as ${fieldText(['image_data', owner, 'uri'])}: ${name}`),
      );
    owners.set(name, mountPoint);
  }
  const root = fileNameOf(images['/']?.uri ?? '');
  if (root !== undefined && metadataNameOf(root) === '.yaml')
    issues.push(fault(['image_data', '/', 'uri'], `names a file that begins with a full stop: ${root}`));
  const owner = root === undefined ? undefined : owners.get(metadataNameOf(root));
  if (owner !== undefined && root !== undefined)
    issues.push(fault(['image_data', owner, 'uri'], `has the name of the metadata: ${metadataNameOf(root)}`));
  return issues;
}

function isMountPoint(text: string): boolean {
  if (text === '/') return true;
  return (
    text.startsWith('/') && path.posix.normalize(text) === text && !text.endsWith('/') && !/[\s\p{Cc}]/u.test(text)
  );
}

/** The last part of the path of an address; query and fragment do not count. */
function fileNameOf(uri: string): string | undefined {
  const pathOfUri = uri.replace(/[?#].*$/s, '').replace(/^[a-z][a-z0-9+.-]*:(\/\/[^/]*)?/i, '');
  const name = pathOfUri.split('/').at(-1) ?? '';
  return ['', '.', '..'].includes(name) ? undefined : name;
}

function metadataNameOf(rootFile: string): string {
  return `${rootFile.split('.')[0] ?? ''}.yaml`;
}

function repositoryIssues({ repos }: WrittenFuelRequest): readonly Issue[] {
  return repos.flatMap(({ key, keyring, trusted, uri }, index) => {
    const given = [key && 'key', keyring && 'keyring', trusted && 'trusted'].filter((name) => typeof name === 'string');
    const isClear = splitAddress(uri) !== undefined;
    return [
      ...(given.length > 1 ? [fault(['repos', index], `has ${given.join(' and ')}; one of them is enough`)] : []),
      ...(isClear ? [] : [fault(['repos', index, 'uri'], 'has a user or password with blanks, or with a wrong "%"')]),
    ];
  });
}

function packageIssues({ packages, codename, repos }: WrittenFuelRequest): readonly Issue[] {
  const release = codename ?? repos[0]?.suite ?? '';
  if (packages !== undefined || defaultPackagesOf(release) !== undefined) return [];
  const known = Object.keys(DEFAULT_PACKAGES).join(', ');
  return [fault(['packages'], `is missing, and "${release}" has no default packages; those that have: ${known}`)];
}

function toRequest(written: WrittenFuelRequest): FuelRequest {
  const images = Object.entries(written.image_data)
    .map(([mountPoint, { uri, format, container }]): TargetImage => {
      return { mountPoint, filesystem: format, container, name: fileNameOf(uri) ?? '' };
    })
    .sort((one, other) => (one.mountPoint < other.mountPoint ? -1 : 1));
  const codename = written.codename ?? written.repos[0]?.suite ?? '';
  return {
    images,
    output: path.resolve(written.output),
    metadataName: metadataNameOf(images[0]?.name ?? ''),
    repositories: written.repos.map(toRepository),
    codename,
    arch: written.ubuntu_arch ?? 'amd64',
    packages: written.packages ?? defaultPackagesOf(codename) ?? [],
    rootPassword: rootPasswordOf(written),
    proxies: proxiesOf(written),
  };
}

function toRepository(repository: WrittenFuelRequest['repos'][number], index: number): FuelRepository {
  const { name, suite, section, priority } = repository;
  const { uri, credential } = splitAddress(repository.uri) ?? { uri: repository.uri, credential: undefined };
  const components = (section ?? '').split(' ').filter((word) => word !== '');
  return {
    name: name ?? `repos[${index}]`,
    uri: uri.replace(/\/+$/, ''),
    credential,
    suite: components.length > 0 || suite.endsWith('/') ? suite : `${suite}/`,
    components,
    priority: priority ?? undefined,
    trust: trustOf(repository),
  };
}

function trustOf({ key, keyring, trusted }: WrittenFuelRequest['repos'][number]): FuelRepository['trust'] {
  if (key !== undefined) return { kind: 'key', text: key };
  if (keyring !== undefined) return { kind: 'keyring', path: keyring };
  return trusted === true ? { kind: 'unsigned' } : { kind: 'machine' };
}

function rootPasswordOf(written: WrittenFuelRequest): FuelRequest['rootPassword'] {
  const { hashed_root_password: hash, root_password: plain } = written;
  if (hash !== undefined) return { kind: 'hash', text: hash };
  return plain === undefined ? undefined : { kind: 'plain', text: plain };
}

function proxiesOf({ proxies }: WrittenFuelRequest): FuelRequest['proxies'] {
  if (proxies === undefined || proxies === null) return undefined;
  const { http, https, ftp } = proxies.protocols ?? {};
  return {
    http: http ?? undefined,
    https: https ?? undefined,
    ftp: ftp ?? undefined,
    direct: proxies.direct_repo_addr_list ?? [],
  };
}
