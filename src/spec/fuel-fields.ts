import { z } from 'zod';
import { TARGET_CONTAINERS, TARGET_FILESYSTEMS } from '../model/target-image.ts';

const CONTROL_CHARACTERS = /\p{Cc}/u;

/** Says that a value is missing, or what it has to be. */
function needs(what: string) {
  return {
    error: ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : `has to be ${what}`),
  };
}

function line(what: string) {
  return z.string(needs(what)).refine((text) => !CONTROL_CHARACTERS.test(text), { error: 'has control characters' });
}

function matching(pattern: RegExp, what: string) {
  return line(what).refine((text) => CONTROL_CHARACTERS.test(text) || pattern.test(text), {
    error: `has to be ${what}`,
  });
}

function oneOf<const Names extends readonly string[]>(names: Names) {
  return z.enum(names, needs(`one of ${names.join(', ')}`));
}

const ABSOLUTE_PATH = /^\//;
const CODENAME = /^[a-z][a-z0-9.-]*$/;
const PACKAGE = /^[a-z0-9][a-z0-9+.-]*$/;
const REPOSITORY_ADDRESS = /^https?:\/\/[^\s/[\]]+(\/[^\s[\]]*)?$/;
const PROXY_ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/\S+$/;
/** A flat repository may have the path `/`. */
const SUITE = /^[\w./+~-]+$/;
const COMPONENTS = /^[\w./+ ~-]*$/;
/** As crypt(3) writes it; a colon would end the field of `/etc/shadow`. */
const PASSWORD_HASH = /^[$./0-9A-Za-z]+$/;
/** apt keeps priorities in 16 bits. */
const PRIORITY_LIMIT = 32_767;

const FuelImage = z.looseObject(
  {
    uri: line('text').describe(
      'Address that the nodes fetch the image from. Only the last part of its path counts here: it is the name of the file',
    ),
    format: oneOf(TARGET_FILESYSTEMS).describe(`Filesystem: ${TARGET_FILESYSTEMS.join(', ')}`),
    container: oneOf(TARGET_CONTAINERS).describe(`How the file is packed: ${TARGET_CONTAINERS.join(', ')}`),
  },
  needs('a map with uri, format and container'),
);

const FuelRepository = z.looseObject(
  {
    name: line('text').optional().describe('Name of the repository, for messages'),
    uri: matching(REPOSITORY_ADDRESS, 'an address that begins with http:// or https://').describe('Address'),
    suite: matching(SUITE, 'the name of a suite, such as trusty-updates').describe(
      'Suite; of a flat repository the path of its index below the address',
    ),
    section: matching(COMPONENTS, 'components with blanks between them')
      .nullish()
      .describe('Components with blanks between them; a repository without any is flat'),
    priority: z
      .int(needs('a whole number or null'))
      .min(-PRIORITY_LIMIT, { error: `has to be at least -${PRIORITY_LIMIT}` })
      .max(PRIORITY_LIMIT, { error: `has to be at most ${PRIORITY_LIMIT}` })
      .nullish()
      .describe("Priority of the repository's packages, as in apt_preferences(5); null leaves it to apt"),
    key: z
      .string(needs('text'))
      .includes('-----BEGIN PGP PUBLIC KEY BLOCK-----', { error: 'has to be an armoured PGP public key' })
      .optional()
      .describe('Public key that the repository is signed with, armoured'),
    keyring: matching(ABSOLUTE_PATH, 'an absolute path')
      .refine((path) => !/[\s,[\]]/.test(path), { error: 'has to be a path without blanks, commas and brackets' })
      .optional()
      .describe('Absolute path of a file on this machine with the keys that the repository is signed with'),
    trusted: z.boolean(needs('true or false')).optional().describe('`true` takes the repository without a signature'),
  },
  needs('a map with name, uri, suite, section and priority'),
);

const ProxyAddress = matching(PROXY_ADDRESS, 'the address of a proxy').nullish();

/**
 * The fields of a request for target images, with what each has to be. The check, the reference page and the JSON Schema come from here.
 * Fields that are not here are passed over.
 */
export const FuelFields = z.looseObject(
  {
    image_data: z
      .record(z.string(), FuelImage, needs('a map from mount points to images'))
      .describe('Images, by the places where they are mounted in the target system; `/` has to be one of them'),
    output: matching(ABSOLUTE_PATH, 'an absolute path').describe('Folder for the images'),
    repos: z
      .array(FuelRepository, needs('a list of repositories'))
      .min(1, { error: 'has to name at least one repository' })
      .describe('Repositories of packages; the minimal system comes from the first one'),
    codename: matching(CODENAME, 'the codename of a release, such as trusty')
      .optional()
      .describe("Release, which decides on the default packages; by default the first repository's suite"),
    packages: z
      .array(matching(PACKAGE, 'the name of a package'), needs('a list of packages'))
      .optional()
      .describe('Packages to install in place of the default ones of the release'),
    ubuntu_arch: matching(/^[a-z0-9]+$/, 'the name of an architecture, such as amd64')
      .optional()
      .describe('Architecture; by default `amd64`'),
    root_password: line('text').min(1, { error: 'is empty' }).optional().describe('Password of root'),
    hashed_root_password: matching(PASSWORD_HASH, 'a password hash, as crypt(3) writes it')
      .optional()
      .describe('Password of root as the hash of crypt(3), which goes before `root_password`'),
    proxies: z
      .looseObject(
        {
          protocols: z
            .looseObject(
              { http: ProxyAddress, https: ProxyAddress, ftp: ProxyAddress },
              needs('a map from protocols to addresses'),
            )
            .optional()
            .describe('Addresses of proxies by protocol: `http`, `https`, `ftp`'),
          direct_repo_addr_list: z
            .array(matching(/^[^\s,]+$/, 'the name or address of a host'), needs('a list of hosts'))
            .nullish()
            .describe('Hosts that are reached without a proxy'),
        },
        needs('a map with protocols and direct_repo_addr_list'),
      )
      .nullish()
      .describe("Proxies for fetching packages; by default the caller's"),
  },
  needs('a map with image_data, repos and output'),
);

/** A request as it was written, once its fields have the right form. */
export type WrittenFuelRequest = z.infer<typeof FuelFields>;

/** The JSON Schema of a request, for programs that make them. */
export function fuelRequestJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(FuelFields, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
  return `${JSON.stringify({ $schema, title: 'Request for fuel-image', ...rest }, undefined, 2)}\n`;
}

/** A field of a request, for people. */
export interface FuelFieldRow {
  /** Such as `repos[].uri`; `image_data.*` stands for every mount point. */
  readonly field: string;
  readonly isRequired: boolean;
  /** Without a full stop at the end. */
  readonly help: string;
}

/** Every field of a request that has a meaning, in the order of the check. */
export function fuelFieldRows(): readonly FuelFieldRow[] {
  return rowsOf(FuelFields, '');
}

function rowsOf(type: z.ZodType, path: string): readonly FuelFieldRow[] {
  const inner = unwrapped(type);
  if (inner instanceof z.ZodArray && inner.element instanceof z.ZodObject) return rowsOf(inner.element, `${path}[]`);
  if (inner instanceof z.ZodRecord && inner.valueType instanceof z.ZodObject)
    return rowsOf(inner.valueType, `${path}.*`);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([name, value]) => {
    if (!(value instanceof z.ZodType)) return [];
    const field = path === '' ? name : `${path}.${name}`;
    const help = value.description;
    const own = help === undefined ? [] : [{ field, isRequired: !value.safeParse(undefined).success, help }];
    return [...own, ...rowsOf(value, field)];
  });
}

function unwrapped(type: z.ZodType): z.ZodType {
  if (!(type instanceof z.ZodOptional || type instanceof z.ZodNullable)) return type;
  const inner = type.unwrap();
  return inner instanceof z.ZodType ? unwrapped(inner) : type;
}
