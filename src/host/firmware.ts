import { IngotError } from '../model/error.ts';
import { isThere } from './is-there.ts';

/** What starts a machine: the old BIOS, UEFI, or UEFI that starts signed boot loaders only. */
export const FIRMWARES = ['bios', 'uefi', 'uefi-secure'] as const;

export type Firmware = (typeof FIRMWARES)[number];

/** Files of a UEFI firmware for QEMU: its code, and the variables of a new machine. */
export interface FirmwareFiles {
  readonly code: string;
  readonly variables: string;
}

/** Where distributions put OVMF, with the variables that fit: Debian and Ubuntu, then Fedora. */
const PLACES: Readonly<Record<Exclude<Firmware, 'bios'>, readonly FirmwareFiles[]>> = {
  uefi: [
    { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
    { code: '/usr/share/OVMF/OVMF_CODE.fd', variables: '/usr/share/OVMF/OVMF_VARS.fd' },
    { code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
  ],
  'uefi-secure': [
    { code: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd' },
    { code: '/usr/share/OVMF/OVMF_CODE.secboot.fd', variables: '/usr/share/OVMF/OVMF_VARS.ms.fd' },
    { code: '/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd' },
  ],
};

/**
 * The files of a firmware on this machine; undefined for the BIOS, which QEMU brings itself.
 * @throws IngotError `TOOL_MISSING` when there are none
 */
export async function findFirmware(firmware: Firmware): Promise<FirmwareFiles | undefined> {
  if (firmware === 'bios') return undefined;
  for (const files of PLACES[firmware]) if (isThere(files.code) && isThere(files.variables)) return files;
  throw new IngotError('TOOL_MISSING', `There is no firmware for ${firmware} on this machine`, {
    hint: 'Install the package ovmf, or run: ingot doctor --install',
  });
}
