import { qemuImgWriter } from './qemu-img.ts';

/** `vdi`, as `qemu-img` writes it. */
export const vdiFormat = qemuImgWriter('vdi');
