import { type Bytes, bytes, GIB, MIB, roundUp } from '../model/bytes.ts';
import type { TargetFilesystem } from '../model/target-image.ts';
import { hasSuperblock } from './ext-fit.ts';
import { BLOCK, type TreeMeasure } from './measure-tree.ts';

/** How large a filesystem has to be for a tree, and the words that its mkfs gets beside its own. */
export interface SmallestFilesystem {
  readonly size: Bytes;
  readonly options: readonly string[];
}

/** Length to which an ext filesystem can grow by the room that is set aside for its bookkeeping. */
const GROWN_BYTES = 8 * 1024 * GIB;

/**
 * The smallest filesystem for a tree that later grows to whatever partition it is put on, with features that kernels, boot loaders and
 * fscks of 2012 know.
 */
export function smallestFilesystem(type: TargetFilesystem, measure: TreeMeasure): SmallestFilesystem {
  return type === 'xfs' ? smallestXfs(measure) : smallestExt(type, measure);
}

/** As many bytes for each inode as mke2fs gives a filesystem of the sizes that these grow to. */
const BYTES_PER_INODE = 16_384;
const INODE_BYTES = 256;
const BLOCKS_PER_GROUP = 32_768;
/** Blocks for the group descriptors of a filesystem of `GROWN_BYTES`, 32 bytes for each group. */
const GROWN_DESCRIPTOR_BLOCKS = ((GROWN_BYTES / BLOCK / BLOCKS_PER_GROUP) * 32) / BLOCK;
/** Blocks; more than the bookkeeping of a group with its copy of the descriptors. */
const LEAST_LAST_GROUP = 2 * GROWN_DESCRIPTOR_BLOCKS + 2048;
/** Inodes of the filesystem itself, `lost+found` and device nodes that are added. */
const OWN_INODES = 64;
/** `lost+found`, the root folder, and the blocks with which the kernel notes the room for more descriptors. */
const OWN_BLOCKS = 16;
/** What the estimate leaves out: blocks of long extent trees and of large attributes. */
const SPARE_SHARE = 1.01;

/**
 * Without 64bit, whose limit of 16 TiB is far off, the bookkeeping is half as long, and old boot loaders can read it; without checksums of
 * metadata so can old fscks. `uninit_bg` is what came before those.
 */
const EXT4_FEATURES = '^64bit,^metadata_csum,uninit_bg';

function smallestExt(type: 'ext2' | 'ext3' | 'ext4', measure: TreeMeasure): SmallestFilesystem {
  const content = Math.ceil((measure.blockBytes / BLOCK + OWN_BLOCKS) * SPARE_SHARE);
  const journal = type === 'ext2' ? 0 : journalBlocks(content);
  let blocks = content + journal;
  // The bookkeeping grows with the filesystem that it keeps; a few rounds find the length at which both agree.
  for (let before = 0; before !== blocks; ) {
    before = blocks;
    blocks = withWholeLastGroup(content + journal + bookkeepingBlocks(blocks, inodesFor(blocks, measure)));
  }
  return {
    size: bytes(blocks * BLOCK),
    options: [
      ...(type === 'ext4' ? ['-O', EXT4_FEATURES] : []),
      ...['-N', String(inodesFor(blocks, measure))],
      ...(journal === 0 ? [] : ['-J', `size=${(journal * BLOCK) / MIB}`]),
      ...['-E', `resize=${GROWN_BYTES / BLOCK}`],
    ],
  };
}

/** 64 MiB for what becomes a root filesystem, 4 MiB for what is as small as `/boot`. */
function journalBlocks(content: number): number {
  return ((content * BLOCK < 256 * MIB ? 4 : 64) * MIB) / BLOCK;
}

function inodesFor(blocks: number, measure: TreeMeasure): number {
  return Math.max(Math.ceil((blocks * BLOCK) / BYTES_PER_INODE), measure.inodes + OWN_INODES);
}

function bookkeepingBlocks(blocks: number, inodes: number): number {
  const groups = Math.ceil(blocks / BLOCKS_PER_GROUP);
  const copies = Array.from({ length: groups }, (_, group) => group).filter(hasSuperblock).length;
  const tableBlocks = Math.ceil((inodes * INODE_BYTES) / groups / BLOCK);
  return groups * (2 + tableBlocks) + copies * (1 + GROWN_DESCRIPTOR_BLOCKS);
}

/** mke2fs cuts off a last group that holds little more than its own bookkeeping. */
function withWholeLastGroup(blocks: number): number {
  const last = blocks % BLOCKS_PER_GROUP;
  return last > 0 && last < LEAST_LAST_GROUP ? blocks - last + LEAST_LAST_GROUP : blocks;
}

/** XFS grows by more allocation groups of the first ones' length, and works badly with very many: these have half a GiB. */
const LEAST_XFS = 2 * GIB;
/** What the log and the bookkeeping of XFS take beside the tree. */
const XFS_OWN_BYTES = 128 * MIB;
const XFS_INODE_BYTES = 512;
const XFS_SPARE_SHARE = 1.05;

/** Kernels from 3.16 on and GRUB 2.02 read what is left when everything later is switched off. */
const XFS_FEATURES = ['-m', 'crc=1,finobt=0,rmapbt=0,reflink=0,bigtime=0,inobtcount=0', '-i', 'sparse=0'];

function smallestXfs(measure: TreeMeasure): SmallestFilesystem {
  const content = (measure.blockBytes + measure.inodes * XFS_INODE_BYTES) * XFS_SPARE_SHARE;
  return { size: roundUp(Math.max(LEAST_XFS, content + XFS_OWN_BYTES), MIB), options: XFS_FEATURES };
}
