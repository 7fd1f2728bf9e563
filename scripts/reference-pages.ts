import type { Command } from 'commander';
import type { Caller } from '../src/commands/caller.ts';
import { programOf } from '../src/commands/ingot.ts';
import { HOST_TOOLS } from '../src/host/tools.ts';
import { ERROR_CODES } from '../src/model/error-codes.ts';
import { PHASE_NAMES, PHASES } from '../src/model/phase.ts';
import {
  COMMAND_VARIABLES,
  type CommandVariable,
  optionOf,
  SETTING_NAMES,
} from '../src/spec/disk-image-create-options.ts';
import { GET_KERNEL_HELP } from '../src/spec/disk-image-get-kernel.ts';
import { fuelFieldRows, fuelRequestJsonSchema } from '../src/spec/fuel-fields.ts';
import { FUEL_IMAGE_HELP } from '../src/spec/fuel-image.ts';
import { DEFAULT_PACKAGES } from '../src/spec/fuel-packages.ts';
import { optionHeading, sentence } from '../src/spec/help-text.ts';
import { optionTextOf } from '../src/spec/image-command.ts';
import { expectedValue, IMAGE_KEY_NAMES, imageFileJsonSchema, imageKeyHelp } from '../src/spec/image-file-keys.ts';
import { INGOT_BUILD_OPTION_LIST } from '../src/spec/ingot-build-options.ts';
import { elementFilesPage, variablesPage } from './author-pages.ts';
import { code, page, table } from './markdown.ts';

/** The files of `docs/reference`, each made from a table of the code: file name to text. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['disk-image-create.md', diskImageCreatePage()],
    ['diskimage-builder.md', diskimageBuilderPage()],
    ['image-file.schema.json', imageFileJsonSchema()],
    ['disk-image-get-kernel.md', getKernelPage()],
    ['fuel-image.md', fuelImagePage()],
    ['fuel-request.schema.json', fuelRequestJsonSchema()],
    ['ingot.md', ingotPage()],
    ['ingot-build.md', ingotBuildPage()],
    ['errors.md', errorsPage()],
    ['phases.md', phasesPage()],
    ['host-tools.md', hostToolsPage()],
    ['variables.md', variablesPage()],
    ['element-files.md', elementFilesPage()],
  ]);
}

function diskImageCreatePage(): string {
  const options = SETTING_NAMES.map((name) => {
    const option = optionOf(name);
    return [
      code(optionHeading(option)),
      sentence(option.help),
      option.fallback,
      code(option.reads),
      code(option.exports),
    ];
  });
  const variables: readonly (readonly [string, CommandVariable])[] = Object.entries(COMMAND_VARIABLES);
  return page('disk-image-create and ramdisk-image-create', [
    'Usage: `disk-image-create [OPTION]... ELEMENT...`',
    'Options and elements may stand in any order, and `--` ends the options. A long option may be shortened to any prefix that no other one has. An option goes before its variable; an empty value stands for none. Exit status: 0, the status of the hook that failed, 130 or 143 after SIGINT or SIGTERM, else 1.',
    '## Options',
    table(['Option', 'Meaning', 'Without it', 'Read from', 'Hooks see it as'], options),
    '## Variables',
    'Elements read more variables; their own pages have them.',
    table(
      ['Variable', 'Meaning', 'Without it'],
      variables.map(([name, { help, fallback }]) => [code(name), sentence(help), fallback]),
    ),
    '## Names of the files',
    'Each format is written to `NAME.FORMAT`. With a single format a name that already ends so keeps its ending; with several, each adds its own. `--checksum` adds `.md5` and `.sha256` files in the form of coreutils. Files of the manifests element are in `NAME.d/`.',
  ]);
}

function diskimageBuilderPage(): string {
  const rows = IMAGE_KEY_NAMES.map((key) => [
    code(key),
    sentence(expectedValue(key)),
    sentence(imageKeyHelp(key)),
    code(optionTextOf(key)),
  ]);
  return page('diskimage-builder', [
    'Usage: `diskimage-builder [--dry-run] [--stop-on-failure] FILE...`',
    'Builds the images that YAML files describe, one after the other. Every fault of every file is told before the first build. The command of each image goes to standard error before it runs; `--dry-run` shows the commands alone. After a failed image the next one is built, unless `--stop-on-failure` is given. Exit status: 0, 1 when an image failed or a file is wrong, 2 for a command line that cannot be understood, 130 or 143 after SIGINT or SIGTERM.',
    'The [guide](../guides/images-from-a-file.md) has an example. [image-file.schema.json](image-file.schema.json) is the JSON Schema of a file, for editors.',
    '## Keys of an image',
    table(['Key', 'Value', 'Meaning', 'Option of disk-image-create'], rows),
    '## Items of one name',
    'Items of one `imagename` are one image, within a file and across files: lists and maps grow, anything else is replaced. An item without `imagename` goes on with the image before it; the first of all is called `image`.',
  ]);
}

function ingotBuildPage(): string {
  const options = INGOT_BUILD_OPTION_LIST.map(([, { flags, help, fallback, setting }]) => {
    const option = setting === undefined ? undefined : optionOf(setting);
    const same = option?.letter === undefined ? option?.long : option.letter;
    const dashes = option?.letter === undefined ? '--' : '-';
    return [code(flags), sentence(help), fallback, same === undefined ? undefined : code(`${dashes}${same}`)];
  });
  return page('ingot build and ingot plan', [
    'Usage: `ingot build [OPTION]... ELEMENT...`, `ingot plan [OPTION]... ELEMENT...`',
    'Both take the same elements and options. The variables of [disk-image-create](disk-image-create.md) hold here too, with the same rule: an option goes before its variable. Exit status as there, but 2 for a command line that cannot be understood.',
    table(['Option', 'Meaning', 'Without it', 'In disk-image-create'], options),
    '`ingot build` has three more: `--json` prints the events of the build as lines of JSON, `--quiet` prints errors alone, and `--log <file>` appends the log to a file. `ingot plan --json` prints the plan as JSON.',
  ]);
}

function getKernelPage(): string {
  return page('disk-image-get-kernel', [
    helpBlock(GET_KERNEL_HELP),
    'The choice is that of `select_boot_kernel_initrd` in hooks: by the two patterns, else by the distribution that `/etc` tells. `/boot` may be a filesystem of its own that `/etc/fstab` names by its label or UUID. Nothing of the image is run. Exit status: 0, 130 or 143 after SIGINT or SIGTERM, else 1.',
  ]);
}

function fuelImagePage(): string {
  const fields = fuelFieldRows().map(({ field, isRequired, help }) => [
    code(field),
    isRequired ? 'yes' : '',
    sentence(help),
  ]);
  const packages = Object.entries(DEFAULT_PACKAGES).map(([codename, { source, packages: names }]) => [
    code(codename),
    source,
    [...names].sort().join(' '),
  ]);
  return page('fuel-image', [
    helpBlock(FUEL_IMAGE_HELP),
    'Exit status: 0 when the whole set is there, 2 for a command line or request that cannot be understood, 124 when time was up, 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM, else 1. Every fault of a request is told at once, each on a line that begins with the field, before anything is touched. The [guide](../guides/fuel-image.md) shows how it is used.',
    '## Fields of a request',
    '[fuel-request.schema.json](fuel-request.schema.json) is the JSON Schema of a request. Fields that are not listed are passed over.',
    table(['Field', 'Required', 'Meaning'], fields),
    '## Default packages',
    'They are installed where `packages` is missing, by `codename`. Those of 12.04 and 14.04 are what `fuel-image` of Fuel 6.1 installs, those of 16.04 what Nailgun of Fuel 11.0 asks for; the original built no later release, for which the lists are our own.',
    table(['Codename', 'From', 'Packages'], packages),
  ]);
}

function ingotPage(): string {
  const program = programOf({ caller: READER, setStatus: () => {} });
  return page('ingot', [
    'The options of `ingot build` and `ingot plan`, with their names in disk-image-create, are in [ingot-build](ingot-build.md).',
    helpBlock(program.helpInformation()),
    ...subcommandsOf(program).flatMap(({ path, command }) => [`## ${path}`, helpBlock(command.helpInformation())]),
  ]);
}

/** Every command below another one, with the words that call it. */
function subcommandsOf(command: Command, words = command.name()): readonly { path: string; command: Command }[] {
  return command.commands
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => {
      const path = `${words} ${one.name()}`;
      return [{ path, command: one }, ...subcommandsOf(one, path)];
    });
}

/** Who reads the help texts for the page: nobody types and nothing is printed. */
const READER: Caller = {
  command: 'ingot',
  words: [],
  environment: {},
  workingFolder: '/',
  homeFolder: '/',
  readInput: async () => '',
  stdout: { write: () => {} },
  stderr: { write: () => {} },
  onSignal: () => () => {},
  exitNow: () => {},
};

function helpBlock(text: string): string {
  return ['```text', text.trimEnd(), '```'].join('\n');
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([name, { kind, meaning }]) => [code(name), kind, meaning]);
  return page('Error codes', [
    'Every error of ingot has a code. It stands in the text of a failure and in `events.ndjson`. Errors of the kind `usage` end `ingot` with 2 and the DIB commands with 1; a `hook` error ends with the status of the hook; `cancelled` ends with 130 or 143; all others end with 1.',
    table(['Code', 'Kind', 'Meaning'], rows),
  ]);
}

function phasesPage(): string {
  const rows = PHASE_NAMES.map((name) => {
    const { side, hasTargetRoot, isFinalTree } = PHASES[name];
    return [
      code(name),
      side,
      hasTargetRoot ? '`TARGET_ROOT`, `TMP_MOUNT_PATH`' : '`TMP_MOUNT_PATH`',
      isFinalTree ? 'yes' : 'no',
    ];
  });
  return page('Phases', [
    'The folders of an element whose executables are hooks, in the order in which a build runs them. Hooks of the side `chroot` run inside the root tree, those of the side `host` outside of it. From the phases on that see the final tree, sizes are known and `/etc/fstab` is written.',
    table(['Phase', 'Side', 'The tree is in', 'Final tree'], rows),
    'Break points are named by the phase without `.d`: `break=before-install,after-error`.',
  ]);
}

function hostToolsPage(): string {
  const rows = HOST_TOOLS.map(({ command, feature, package: name, file }) => [
    file === undefined ? code(command) : code(file),
    feature,
    code(name),
  ]);
  return page('Host tools', [
    'What ingot runs or reads on the machine that builds. `ingot doctor` says which are missing and `ingot doctor --install` gets them.',
    table(['Program or file', 'Needed for', 'Debian package'], rows),
  ]);
}
