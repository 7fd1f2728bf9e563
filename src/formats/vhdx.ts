import { qemuImgWriter } from './qemu-img.ts';

/** `vhdx`, as `qemu-img` writes it. */
export const vhdxFormat = qemuImgWriter('vhdx');
