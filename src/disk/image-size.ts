import { type Bytes, bytes, KIB, roundUp } from '../model/bytes.ts';

export interface ImageSizeRequest {
  /** What `measureTree` found: bytes in whole blocks. */
  readonly treeBytes: number;
  /** GiB for the whole disk; decimals allowed. */
  readonly imageGib?: number;
  /** MiB to add to what the tree takes, instead of a share of it. */
  readonly extraMib?: number;
  readonly journalMib: number;
  /** Filesystem of the root, `FS_TYPE`. */
  readonly rootType: string;
  /** Names of all elements of the image. */
  readonly elements: readonly string[];
}

/** The share of the disk that the tree may fill. */
const TREE_SHARE = 0.6;

/** What an EFI system partition and its neighbours take, in MiB. */
const EFI_MIB = 525;

/**
 * The size of a disk by the rules of the contract: the wanted size, or what the tree takes and two thirds more, and the journal of ext4;
 * room for an EFI system partition in any case; a multiple of 64 KiB.
 */
export function imageSize(request: ImageSizeRequest): Bytes {
  const efiKib = request.elements.some((name) => name.includes('block-device-efi')) ? EFI_MIB * 1024 : 0;
  return bytes(roundUp(rootKib(request) + efiKib, 64) * KIB);
}

function rootKib({ imageGib, extraMib, journalMib, rootType, treeBytes }: ImageSizeRequest): number {
  if (imageGib !== undefined) return Math.floor(imageGib * 1024 * 1024);
  const treeKib = treeBytes / KIB;
  const wanted = extraMib === undefined ? Math.floor(treeKib / TREE_SHARE) : treeKib + Math.floor(extraMib * 1024);
  return wanted + (rootType === 'ext4' ? journalMib * 1024 : 0);
}
