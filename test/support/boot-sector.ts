import { writeFileSync } from 'node:fs';

const MIB = 1024 * 1024;
/** Where the BIOS loads a boot sector. */
const ORIGIN = 0x7c00;

/** Machine code that sends the text behind it to the first serial port, then goes on with what follows the loop. */
function printer(after: readonly number[]): Buffer {
  const head = [0x31, 0xc0, 0x8e, 0xd8, 0xfc, 0xbe, 0, 0]; // ax = ds = 0; cld; si = text
  const loop = [0xac, 0x84, 0xc0, 0x74, 0x06, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf5]; // while (al = *si++) out 0x3f8, al
  const code = Buffer.from([...head, ...loop, ...after]);
  code.writeUInt16LE(ORIGIN + code.length, 6);
  return code;
}

const HALT = [0xf4, 0xeb, 0xfd] as const;
const RESET = [0xb0, 0xfe, 0xe6, 0x64, ...HALT] as const;

/**
 * Writes a raw disk that a BIOS starts at once and that says what it is told to on the serial console.
 * @param end what the machine does then: wait, or reset itself
 */
export function writeTalkingDisk(path: string, text: string, end: 'wait' | 'reset' = 'wait'): void {
  const disk = Buffer.alloc(MIB);
  const code = printer(end === 'wait' ? HALT : RESET);
  const said = Buffer.from(`\r\n${text}\0`, 'latin1');
  if (code.length + said.length > 440) throw new RangeError('The text does not fit into a boot sector');
  code.copy(disk);
  said.copy(disk, code.length);
  disk.writeUInt16LE(0xaa55, 510);
  writeFileSync(path, disk);
}
