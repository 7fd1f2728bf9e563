import { qemuImgWriter } from './qemu-img.ts';

/** `vmdk`, as `qemu-img` writes it. */
export const vmdkFormat = qemuImgWriter('vmdk');
