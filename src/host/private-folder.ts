import { chmod, mkdir } from 'node:fs/promises';

/** Makes a folder that only its owner may enter, or sees to it that one is: for what may hold other people's secrets and programs. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
}
