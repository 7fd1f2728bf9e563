/** GPT partition types by the code that sgdisk gives them, and the GUID that is written. */
const GPT_TYPES: Readonly<Record<string, string>> = {
  '0700': 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7',
  '4100': '9e1a2d38-c612-4316-aa26-8b49521e5a8b',
  '8200': '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f',
  '8300': '0fc63daf-8483-4772-8e79-3d69d8477de4',
  '8301': '8da63339-0007-60c0-c436-083ac8230908',
  '8302': '933ac7e1-2eb4-4f13-b844-0e14e2aef915',
  '8303': '44479540-f297-41b2-9af7-d131d5f0458a',
  '8304': '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
  '8305': 'b921b045-1df0-41c3-af44-4c6f280d3fae',
  '8306': '3b8f8425-20e0-4f3b-907f-1a25a76f98e8',
  '8307': '69dad710-2ce4-4e3c-b16c-21a1d49abed3',
  '8E00': 'e6d6d379-f507-44c2-a23c-238f2a3df928',
  EA00: 'bc13c2ff-59e6-4262-a352-b275fd6f7172',
  EF00: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  EF02: '21686148-6449-6e6f-744e-656564454649',
  FD00: 'a19d880f-05fc-4d3b-a006-743f0f84911e',
};

/** The codes that `gptTypeGuid` knows, in order. */
export const GPT_TYPE_CODES: readonly string[] = Object.keys(GPT_TYPES).sort();

/** Code of the partition that holds GRUB's core image for BIOS machines. */
export const BIOS_BOOT_TYPE = 'EF02';

/**
 * The GUID of a GPT partition type.
 * @param type a code of sgdisk such as `EF00` or `0xEF00`, in either case, or a GUID
 * @returns in lower case; undefined for an unknown code
 */
export function gptTypeGuid(type: string): string | undefined {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(type)) return type.toLowerCase();
  return GPT_TYPES[normalGptType(type)];
}

/** A GPT type code as sgdisk prints it: `EF00` for `0xef00`. A GUID stays as it is. */
export function normalGptType(type: string): string {
  return type.includes('-') ? type : type.replace(/^0x/i, '').toUpperCase();
}

/** The type byte of an MBR partition, written in hexadecimal with or without `0x`; undefined when it is not one. */
export function mbrTypeByte(type: string): number | undefined {
  return /^(0x)?[0-9a-f]{1,2}$/i.test(type) ? Number.parseInt(type, 16) : undefined;
}
