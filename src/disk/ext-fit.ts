import { type Bytes, MIB } from '../model/bytes.ts';
import { IngotError } from '../model/error.ts';
import { BLOCK, type TreeMeasure } from './measure-tree.ts';
import { tooSmall } from './too-small.ts';

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
/** Inodes of the filesystem itself, and `lost+found`. */
const OWN_INODES = 12;
/** `lost+found` takes 16 KiB, the root folder one block. */
const OWN_BLOCKS = 5;

/**
 * The share of a tree that has to fit for mke2fs to be given a chance: it stores blocks of zeros as holes, which programs are full of and
 * which nobody has counted.
 */
const STORED_SHARE = 0.97;

/**
 * Checks that a tree can fit an ext2, ext3 or ext4 filesystem, before anything is written. Where it is close, mke2fs decides.
 * @throws IngotError `IMAGE_TOO_SMALL` saying what is missing
 */
export function checkExtFit(fit: ExtFit): void {
  const words = readWords(fit.options);
  if (words.isUnusual) return;
  const inodes = inodesOf(fit, words);
  if (inodes < fit.measure.inodes + OWN_INODES) {
    throw new IngotError(
      'IMAGE_TOO_SMALL',
      `The filesystem "${fit.name}" gets ${inodes} inodes and needs ${fit.measure.inodes + OWN_INODES}`,
      { hint: 'Raise --image-size, or give mkfs a smaller "-i".' },
    );
  }
  if (extBytes(fit, STORED_SHARE) > fit.size) throw tooSmallForTree(fit);
}

/** The error for a filesystem that its tree does not fit. */
export function tooSmallForTree(fit: ExtFit): IngotError {
  return tooSmall(fit.name, extBytes(fit, 1), fit.size);
}

/** Bytes for a tree, of which a share is stored, and for the filesystem's own bookkeeping at the size it gets. */
function extBytes(fit: ExtFit, storedShare: number): number {
  const words = readWords(fit.options);
  const blocks = Math.floor(fit.size / BLOCK);
  const journal = fit.hasJournal ? (words.journalBlocks ?? defaultJournal(blocks)) : 0;
  const tree = Math.ceil((fit.measure.blockBytes / BLOCK) * storedShare);
  return (tree + OWN_BLOCKS + journal + metadataBlocks(blocks, inodesOf(fit, words))) * BLOCK;
}

function inodesOf({ size }: ExtFit, words: Words): number {
  return words.inodes ?? Math.floor(size / (words.ratio ?? defaultRatio(size)));
}

interface Words {
  readonly ratio: number | undefined;
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
    ratio: numberOf(wordBehind('-i')),
    inodes: numberOf(wordBehind('-N')),
    journalBlocks: journalMib === undefined ? undefined : (journalMib * 1024 * 1024) / BLOCK,
    isUnusual: options.some((word) => /^-[bCIOTgG]/.test(word)),
  };
}

/** Bytes for each inode where nobody wrote a number, as in `lib/mke2fs.conf`. */
function defaultRatio(size: number): number {
  if (size < 3 * MIB) return 8192;
  return size < 512 * MIB ? 4096 : 16384;
}

function metadataBlocks(blocks: number, inodes: number): number {
  const groups = Math.ceil(blocks / BLOCKS_PER_GROUP);
  const descriptors = Math.ceil((groups * 64) / BLOCK);
  const copies = Array.from({ length: groups }, (_, group) => group).filter(hasSuperblock).length;
  return groups * 2 + Math.ceil((inodes * INODE_BYTES) / BLOCK) + copies * (1 + descriptors);
}

/** True for a group that carries a copy of the superblock: with `sparse_super`, groups 0, 1 and powers of 3, 5 and 7. */
export function hasSuperblock(group: number): boolean {
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
