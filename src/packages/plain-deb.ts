import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { start } from '../host/process.ts';
import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';

/** Where a member of a package file lies: a range of bytes. */
export interface ArchiveMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const MAGIC = '!<arch>\n';
const HEADER = 60;
const TOOL_ENVIRONMENT: Environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/**
 * Writes a package file again with its archives uncompressed, so that unpacking it costs no decompression. dpkg treats both alike.
 * @param source path of the package file
 * @param target path to write, which must not exist
 * @throws IngotError `DIGEST_MISMATCH` when the file is no Debian package, `TOOL_MISSING` without xz
 */
export async function writePlainDeb(source: string, target: string): Promise<void> {
  await using output = await open(target, 'wx');
  await output.write(MAGIC);
  for (const member of await archiveMembers(source)) {
    const header = await output.stat();
    await output.write(Buffer.alloc(HEADER));
    const suffix = /^(?:control|data)\.tar(?:\.(\w+))?$/.exec(member.name)?.[1] ?? '';
    await writeDecoded(source, member, suffix, output);
    const size = (await output.stat()).size - header.size - HEADER;
    if (size % 2 === 1) await output.write('\n');
    const name = suffix === '' ? member.name : member.name.slice(0, -suffix.length - 1);
    await output.write(memberHeader(name, size), 0, HEADER, header.size);
  }
}

/**
 * Lists the members of a package file.
 * @throws IngotError `DIGEST_MISMATCH` when it is no ar archive
 */
export async function archiveMembers(path: string): Promise<readonly ArchiveMember[]> {
  await using file = await open(path);
  const { size: total } = await file.stat();
  const members: ArchiveMember[] = [];
  const magic = await readText(file, 0, MAGIC.length);
  for (let offset = MAGIC.length; magic === MAGIC && offset + HEADER <= total; ) {
    const header = await readText(file, offset, HEADER);
    const size = Number(header.slice(48, 58));
    members.push({ name: header.slice(0, 16).trim().replace(/\/$/, ''), offset: offset + HEADER, size });
    offset += HEADER + size + (size % 2);
  }
  if (members[0]?.name === 'debian-binary' && members.length >= 3) return members;
  throw new IngotError('DIGEST_MISMATCH', `${path} is not a Debian package file`, {
    hint: 'The package source gives a file that its own index describes wrongly; report it to its owner.',
  });
}

async function readText(file: FileHandle, offset: number, length: number): Promise<string> {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.toString('latin1');
}

async function writeDecoded(source: string, member: ArchiveMember, suffix: string, output: FileHandle): Promise<void> {
  if (suffix === 'xz' || suffix === 'lzma') return await decodeByXz(source, member, output);
  const range = { start: member.offset, end: member.offset + member.size - 1 };
  const input = createReadStream(source, range);
  const write = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) await output.write(chunk);
  };
  if (suffix === '') await pipeline(input, write);
  else if (suffix === 'gz') await pipeline(input, createGunzip(), write);
  else if (suffix === 'zst') await pipeline(input, createZstdDecompress(), write);
  else throw new IngotError('DIGEST_MISMATCH', `${source} is compressed by a method that is not known: ${member.name}`);
}

/** xz reads and writes the files itself, from and to the positions where they stand. */
async function decodeByXz(source: string, member: ArchiveMember, output: FileHandle): Promise<void> {
  await using input = await open(source);
  await input.read(Buffer.alloc(member.offset), 0, member.offset, null);
  const args = ['--decompress', '--stdout', '--single-stream', '--threads=1'];
  const xz = start('xz', args, { env: TOOL_ENVIRONMENT, stdio: [input.fd, output.fd, 'ignore'] });
  const status = await xz.ended;
  if (status !== 0)
    throw new IngotError('TOOL_FAILED', `xz ended with status ${status} while it unpacked ${member.name} of ${source}`);
}

/** Time, owner and mode of a member mean nothing in a package file; they are always the same here. */
function memberHeader(name: string, size: number): Buffer {
  const fields = [
    name.padEnd(16),
    '0'.padEnd(12),
    '0'.padEnd(6),
    '0'.padEnd(6),
    '100644'.padEnd(8),
    `${size}`.padEnd(10),
  ];
  return Buffer.from(`${fields.join('')}\`\n`, 'latin1');
}
