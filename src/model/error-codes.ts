export type ErrorKind = 'usage' | 'definition' | 'host' | 'fetch' | 'hook' | 'assemble' | 'cancelled' | 'internal';

interface ErrorCodeEntry {
  readonly kind: ErrorKind;
  /** What it means, in one sentence, for the reference page. */
  readonly meaning: string;
}

/** Every error code there is. The reference page `docs/errors.md` is generated from this table. */
export const ERROR_CODES = {
  INTERNAL: { kind: 'internal', meaning: 'ingot itself is at fault.' },
  CANCELLED: { kind: 'cancelled', meaning: 'The build was stopped by a signal.' },

  USAGE: { kind: 'usage', meaning: 'An option or argument cannot be understood.' },
  FORMAT_UNKNOWN: { kind: 'usage', meaning: 'An image format is not one that ingot writes.' },

  ELEMENTS_PATH_ENTRY: {
    kind: 'definition',
    meaning: 'An entry of ELEMENTS_PATH is empty, missing or not a readable folder.',
  },
  ELEMENT_UNKNOWN: {
    kind: 'definition',
    meaning: 'No folder on the search path has the name of an element that is needed.',
  },
  ELEMENT_PROVIDED_TWICE: { kind: 'definition', meaning: 'Two elements provide the same name.' },
  ELEMENT_ALREADY_PROVIDED: {
    kind: 'definition',
    meaning: 'An element was asked for by name and another one provides it.',
  },
  ELEMENT_CYCLE: { kind: 'definition', meaning: 'Elements that provide each other leave none that could be used.' },
  OPERATING_SYSTEM_MISSING: { kind: 'definition', meaning: 'No chosen element provides operating-system.' },
  HOOK_DUPLICATE: { kind: 'definition', meaning: 'Two elements have a hook of the same name in the same phase.' },
  DEFINITION_INVALID: { kind: 'definition', meaning: 'A file of an element cannot be understood.' },
  DEVICE_NEEDED: {
    kind: 'host',
    meaning: 'Something in the build needs a kernel block device, and there is none for it.',
  },
  IMAGE_FILE_INVALID: {
    kind: 'definition',
    meaning: 'A file of images cannot be read or understood, or an image in it names what there is not.',
  },
  TEST_INVALID: { kind: 'definition', meaning: 'What a test of an element asserts cannot be understood.' },
  FUEL_REQUEST_INVALID: { kind: 'usage', meaning: 'A request for target images cannot be understood.' },
  LAYOUT_INVALID: { kind: 'definition', meaning: 'A block-device layout cannot be understood.' },

  TOOL_MISSING: { kind: 'host', meaning: 'A program that the build needs is not installed.' },
  TOOL_FAILED: { kind: 'host', meaning: 'A program that ingot started failed.' },
  OUTPUT_UNWRITABLE: { kind: 'host', meaning: 'The place for the image cannot be written.' },
  FOLDER_UNUSABLE: { kind: 'host', meaning: 'A folder that a build works in cannot be made or written.' },
  DEADLINE_PASSED: { kind: 'cancelled', meaning: 'A build took longer than it was allowed to.' },
  JOB_UNKNOWN: { kind: 'usage', meaning: 'There is no job of this name.' },
  JOB_BUSY: { kind: 'host', meaning: 'The images of a request are being built for another one.' },
  DISK_FULL: { kind: 'host', meaning: 'There is no space left where the build writes.' },
  IMAGE_UNREADABLE: { kind: 'host', meaning: 'An image file holds nothing that can be read without mounting it.' },
  CHROOT_FAILED: { kind: 'host', meaning: 'The root tree could not be prepared for running a program in it.' },
  BUILDER_DIED: { kind: 'host', meaning: 'The process that builds was killed or ended without a word.' },
  NAMESPACE_REFUSED: {
    kind: 'host',
    meaning: 'The kernel or its settings refuse the namespaces that a build runs in.',
  },

  FETCH_FAILED: { kind: 'fetch', meaning: 'A download failed after every attempt.' },
  DIGEST_MISMATCH: { kind: 'fetch', meaning: 'A download is not what its index says it is.' },
  SIGNATURE_INVALID: { kind: 'fetch', meaning: 'A repository or file is not signed by a trusted key.' },
  PACKAGE_UNKNOWN: { kind: 'fetch', meaning: 'No repository has a package of that name.' },
  PACKAGES_UNRESOLVABLE: { kind: 'fetch', meaning: 'The wanted packages cannot be installed together.' },
  BOOTSTRAP_FAILED: { kind: 'fetch', meaning: 'The base system could not be put together from its packages.' },
  OFFLINE_MISS: { kind: 'fetch', meaning: 'The build is offline and something it needs is not in the cache.' },

  HOOK_FAILED: { kind: 'hook', meaning: 'A hook of an element ended with a status other than 0.' },
  ASSERTION_FAILED: { kind: 'hook', meaning: 'A test of an element asserts what is not true of the finished tree.' },
  ROOT_EMPTY: { kind: 'hook', meaning: 'After root.d the root tree is still empty.' },

  IMAGE_TOO_SMALL: { kind: 'assemble', meaning: 'The tree does not fit the size that was asked for.' },
  ASSEMBLE_FAILED: { kind: 'assemble', meaning: 'The disk image could not be put together.' },
  KERNEL_MISSING: { kind: 'assemble', meaning: 'An image has no kernel or no ramdisk to start from.' },
  BOOT_FAILED: { kind: 'assemble', meaning: 'The image did not reach its login prompt.' },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
