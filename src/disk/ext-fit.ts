import { type Bytes, formatBytes } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import { BLOCK, type TreeMeasure } from './measure-tree.ts';

export interface ExtFit {
  /** Name of the filesystem, for messages. */
  readonly name: string;
  readonly size: Bytes;
  /** Words for its mkfs. */
  readonly options: readonly string[];
  readonly hasJournal: boolean;
  readonly measure: TreeMeasure;
}

const BLOCKS_PER_GROUP = 32768;
const INODE_BYTES = 256;
/** `inode_ratio` of Debian's mke2fs.conf. */
const DEFAULT_RATIO = 16384;
/** Inodes of the filesystem itself, and `lost+found`. */
const OWN_INODES = 12;
/** `lost+found` takes 16 KiB, the root folder one block. */
const OWN_BLOCKS = 5;

/**
 * Checks that a tree fits an ext2, ext3 or ext4 filesystem, before anything is written. The count is a lower bound, so that nothing is
 * turned away that would fit.
 * @throws IngotError `IMAGE_TOO_SMALL` saying what is missing
 */
export function checkExtFit(fit: ExtFit): void {
  const words = readWords(fit.options);
  if (words.isUnusual) return;
  const blocks = Math.floor(fit.size / BLOCK);
  const inodes = words.inodes ?? Math.floor(fit.size / words.ratio);
  if (inodes < fit.measure.inodes + OWN_INODES) {
    throw new IngotError(
      'IMAGE_TOO_SMALL',
      `The filesystem "${fit.name}" gets ${inodes} inodes and needs ${fit.measure.inodes + OWN_INODES}`,
      { hint: 'Raise --image-size, or give mkfs a smaller "-i".' },
    );
  }
  const journal = fit.hasJournal ? (words.journalBlocks ?? defaultJournal(blocks)) : 0;
  const needed = fit.measure.blockBytes / BLOCK + OWN_BLOCKS + journal + metadataBlocks(blocks, inodes);
  if (needed <= blocks) return;
  throw tooSmall(fit.name, needed * BLOCK, fit.size);
}

/** The error for a filesystem that its tree does not fit. */
export function tooSmall(name: string, needed: number, size: number): IngotError {
  const missing = formatBytes(needed - size);
  return new IngotError(
    'IMAGE_TOO_SMALL',
    `The filesystem "${name}" needs ${formatBytes(needed)} and gets ${formatBytes(size)}: ${missing} are missing`,
    { hint: `Raise --image-size by ${missing} or more, or leave it out; or use fewer elements and packages.` },
  );
}

interface Words {
  readonly ratio: number;
  readonly inodes: number | undefined;
  readonly journalBlocks: number | undefined;
  /** True where the words ask for a shape that is not counted here. */
  readonly isUnusual: boolean;
}

function readWords(options: readonly string[]): Words {
  const wordBehind = (letter: string) => {
    const at = options.findLastIndex((word) => word.startsWith(letter));
    const word = options[at];
    return word === undefined || word.length > letter.length ? word?.slice(letter.length) : options[at + 1];
  };
  const numberOf = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);
  const journalMib = numberOf(/size=(\d+)/.exec(wordBehind('-J') ?? '')?.[1]);
  return {
    ratio: numberOf(wordBehind('-i')) ?? DEFAULT_RATIO,
    inodes: numberOf(wordBehind('-N')),
    journalBlocks: journalMib === undefined ? undefined : (journalMib * 1024 * 1024) / BLOCK,
    isUnusual: options.some((word) => /^-[bCIOTgG]/.test(word)),
  };
}

function metadataBlocks(blocks: number, inodes: number): number {
  const groups = Math.ceil(blocks / BLOCKS_PER_GROUP);
  const descriptors = Math.ceil((groups * 64) / BLOCK);
  const copies = Array.from({ length: groups }, (_, group) => group).filter(hasSuperblock).length;
  return groups * 2 + Math.ceil((inodes * INODE_BYTES) / BLOCK) + copies * (1 + descriptors);
}

/** With `sparse_super`, groups 0, 1 and powers of 3, 5 and 7 carry a copy. */
function hasSuperblock(group: number): boolean {
  if (group <= 1) return true;
  return [3, 5, 7].some((base) => {
    const power = base ** Math.round(Math.log(group) / Math.log(base));
    return power === group;
  });
}

/** What mke2fs gives a journal whose size nobody wrote. */
function defaultJournal(blocks: number): number {
  if (blocks < BLOCKS_PER_GROUP) return 1024;
  if (blocks < 256 * 1024) return 4096;
  return blocks < 512 * 1024 ? 8192 : 16384;
}
