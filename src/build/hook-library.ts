import { joined, readTexts, type Texts } from './file-texts.ts';

/** A hook with such a text uses the bash files of the library, or copies them for hooks that do. */
const USES_LIBRARY = /\b_LIB\b|\b(?:common|img|ramdisk)-functions\b|\bselect-boot-kernel-initrd\b/;

/** The bash files that elements source, and what hooks that do depend on. */
export interface HookLibrary {
  readonly uses: (hookText: string) => boolean;
  /** As words only the variables of the contract that functions read: the rest tells where a build runs, not what it makes. */
  readonly texts: Texts;
}

/** Reads the library. @param folder absolute path of what hooks know as `_LIB` */
export async function readHookLibrary(folder: string): Promise<HookLibrary> {
  const files = readTexts(folder);
  const functions = joined([...files].filter(([name]) => name.endsWith('-functions')));
  const words = new Set([...functions.words].filter((word) => word.startsWith('DIB_')));
  return { uses: (text) => USES_LIBRARY.test(text), texts: { digest: joined(files).digest, words } };
}
