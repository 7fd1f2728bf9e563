import path from 'node:path';
import { throwIssues } from './build-request.ts';
import { getopt, type OptionGrammar } from './getopt.ts';

/** What `disk-image-get-kernel` was called for. */
export type GetKernelCall =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'extract';
      /** Absolute path. */
      readonly image: string;
      /** Absolute path of the folder for the files. */
      readonly folder: string;
      /** The files are `PREFIX-vmlinuz` and `PREFIX-initrd`. */
      readonly prefix: string;
      readonly isTraced: boolean;
    };

const GRAMMAR: OptionGrammar = {
  short: new Map([
    ['d', true],
    ['i', true],
    ['o', true],
    ['h', false],
    ['x', false],
  ]),
  long: new Map([['help', false]]),
};

/** The text of `disk-image-get-kernel -h`. */
export const GET_KERNEL_HELP = `Usage: disk-image-get-kernel -i IMAGE [-d FOLDER] [-o PREFIX]

Takes the kernel and the ramdisk out of an image file and prints the names of both files with a comma between. The image is read, not
mounted, so no root is needed. Its format is any that qemu-img reads, its root filesystem ext2, ext3 or ext4.

Options:
  -i IMAGE     image file to read
  -d FOLDER    where the files go [/tmp]
  -o PREFIX    what their names begin with: PREFIX-vmlinuz, PREFIX-initrd [baremetal]
  -x           say on standard error what is found
  -h, --help   show this text and exit

Variables:
  DIB_BAREMETAL_KERNEL_PATTERN, DIB_BAREMETAL_INITRD_PATTERN
               names in /boot, such as vmlinuz-*-rt, instead of those that the distribution uses; both are needed
  TMPDIR       folder for the content of an image that is not raw [/tmp]
`;

/**
 * Understands a command line of `disk-image-get-kernel`.
 * @throws IngotError `USAGE` with every fault
 */
export function parseGetKernel(words: readonly string[], workingFolder: string): GetKernelCall {
  const { options, operands, errors } = getopt(words, GRAMMAR);
  throwIssues(
    'disk-image-get-kernel',
    errors.map((message) => ({ message })),
  );
  const given = (name: string) => options.findLast((option) => option.name === name);
  if (given('h') !== undefined || given('help') !== undefined) return { kind: 'help' };
  const image = given('i')?.value ?? '';
  const prefix = given('o')?.value ?? 'baremetal';
  throwIssues('disk-image-get-kernel', [
    ...(image === '' ? [{ message: 'No image is named', hint: 'Name one, such as: -i debian.qcow2' }] : []),
    ...operands.map((word) => ({
      message: `The word "${word}" belongs to no option`,
      hint: 'The image goes behind -i.',
    })),
    ...(prefix.includes('/')
      ? [{ message: `-o is "${prefix}", which is no beginning of a name`, hint: 'The folder goes behind -d.' }]
      : []),
  ]);
  return {
    kind: 'extract',
    image: path.resolve(workingFolder, image),
    folder: path.resolve(workingFolder, given('d')?.value ?? '/tmp'),
    prefix,
    isTraced: given('x') !== undefined,
  };
}
