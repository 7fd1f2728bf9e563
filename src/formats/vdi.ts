import { open } from 'node:fs/promises';
import { identifierOf } from './identifier.ts';
import { qemuImgWriter } from './qemu-img.ts';

/** Where the header has the UUIDs of the image and of its last change. @see VirtualBox, VDICore.h */
const UUIDS = [
  { offset: 0x188, subject: 'vdi image' },
  { offset: 0x198, subject: 'vdi last change' },
] as const;

/** `vdi`, as `qemu-img` writes it, with UUIDs that follow from the content. */
export const vdiFormat = qemuImgWriter({
  format: 'vdi',
  settle: async ({ target, identity }) => {
    await using file = await open(target, 'r+');
    for (const { offset, subject } of UUIDS) await file.write(identifierOf(identity, subject), 0, 16, offset);
  },
});
