import { createReadStream, createWriteStream, readSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { run } from '../host/process.ts';
import { IngotError } from '../model/error.ts';

/** Where a member of a package file lies: a range of bytes. */
export interface ArchiveMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** A package file to write again. */
export interface DebToRewrite {
  /** Absolute path; the file is removed. */
  readonly source: string;
  /** Absolute path to write. */
  readonly target: string;
}

const MAGIC = '!<arch>\n';
const HEADER = 60;
const COPY_BYTES = 128 * 1024;

/**
 * Writes package files again with their archives uncompressed, so that unpacking them costs no decompression. dpkg treats both alike.
 * A group of files shares one xz process: starting one for each costs as much as its work.
 * @param folder for intermediate files, on the same filesystem as the targets
 * @throws IngotError `DIGEST_MISMATCH` when a file is no Debian package, `TOOL_MISSING` without xz, `TOOL_FAILED` for damaged archives
 */
export async function writePlainDebs(
  debs: readonly DebToRewrite[],
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const parts = debs.map(({ target }, index) => ({
    target,
    control: join(folder, `${index}.control.tar`),
    data: join(folder, `${index}.data.tar`),
  }));
  const compressed = await Promise.all(debs.map(async ({ source }, index) => await split(source, parts[index])));
  await rmAll(debs.map((deb) => deb.source));
  if (compressed.flat().length > 0)
    await run('xz', ['--decompress', '--quiet', '--threads=1', ...compressed.flat()], { signal });
  for (const part of parts) await compose(part);
  await rmAll(parts.flatMap(({ control, data }) => [control, data]));
}

interface DebParts {
  readonly target: string;
  /** Paths of the uncompressed archives. */
  readonly control: string;
  readonly data: string;
}

/** Writes a package file's two archives, and names those that xz still has to decompress. */
async function split(source: string, parts: DebParts | undefined): Promise<readonly string[]> {
  const members = await archiveMembers(source);
  const compressed: string[] = [];
  for (const [name, path] of [
    ['control', parts?.control],
    ['data', parts?.data],
  ] as const) {
    const member = members.find((one) => one.name.startsWith(`${name}.tar`));
    if (member === undefined || path === undefined) throw notADeb(source);
    const suffix = member.name.slice(`${name}.tar`.length);
    const input = () => createReadStream(source, { start: member.offset, end: member.offset + member.size - 1 });
    if (suffix === '.xz' || suffix === '.lzma') {
      await copyMember(source, member, path + suffix);
      compressed.push(path + suffix);
    } else if (suffix === '.gz') await pipeline(input(), createGunzip(), createWriteStream(path));
    else if (suffix === '.zst') await pipeline(input(), createZstdDecompress(), createWriteStream(path));
    else if (suffix === '') await copyMember(source, member, path);
    else
      throw new IngotError('DIGEST_MISMATCH', `${source} is compressed by a method that is not known: ${member.name}`);
  }
  return compressed;
}

async function copyMember(source: string, member: ArchiveMember, target: string): Promise<void> {
  await using input = await open(source);
  await using output = await open(target, 'wx');
  copyBytes(input, member, output);
}

async function compose({ target, control, data }: DebParts): Promise<void> {
  await using output = await open(target, 'wx');
  await using input = await open(data);
  const { size } = await input.stat();
  await output.appendFile(
    Buffer.concat([
      Buffer.from(MAGIC),
      ...archiveMember('debian-binary', Buffer.from('2.0\n')),
      ...archiveMember('control.tar', await readFile(control)),
      memberHeader('data.tar', size),
    ]),
  );
  copyBytes(input, { offset: 0, size }, output);
  if (size % 2 === 1) await output.appendFile('\n');
}

/** Synchronous: streams, or another thread for each piece, take several times the processor time of the copying. */
function copyBytes(from: FileHandle, { offset, size }: { offset: number; size: number }, to: FileHandle): void {
  const buffer = Buffer.allocUnsafe(Math.min(size, COPY_BYTES));
  for (let done = 0; done < size; ) {
    const count = readSync(from.fd, buffer, 0, Math.min(buffer.length, size - done), offset + done);
    if (count === 0) return; // cut off: xz and dpkg say so of what there is
    writeFileSync(to.fd, buffer.subarray(0, count));
    done += count;
  }
}

async function rmAll(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map(async (path) => await rm(path)));
}

/**
 * Lists the members of a package file.
 * @throws IngotError `DIGEST_MISMATCH` when it is no Debian package
 */
export async function archiveMembers(path: string): Promise<readonly ArchiveMember[]> {
  await using file = await open(path);
  const { size: total } = await file.stat();
  const members: ArchiveMember[] = [];
  const magic = await readText(file, 0, MAGIC.length);
  for (let offset = MAGIC.length; magic === MAGIC && offset + HEADER <= total; ) {
    const header = await readText(file, offset, HEADER);
    const size = Number(header.slice(48, 58));
    if (Number.isNaN(size)) throw notADeb(path);
    members.push({ name: header.slice(0, 16).trim().replace(/\/$/, ''), offset: offset + HEADER, size });
    offset += HEADER + size + (size % 2);
  }
  if (members[0]?.name !== 'debian-binary') throw notADeb(path);
  return members;
}

function notADeb(path: string): IngotError {
  return new IngotError('DIGEST_MISMATCH', `${path} is not a Debian package file`, {
    hint: 'The package source gives a file that its own index describes wrongly; report it to its owner.',
  });
}

async function readText(file: FileHandle, offset: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead).toString('latin1');
}

function archiveMember(name: string, content: Buffer): readonly Buffer[] {
  return [memberHeader(name, content.length), content, Buffer.from(content.length % 2 === 1 ? '\n' : '')];
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
