import { run } from '../src/host/process.ts';

/** Names of the packages that dpkg has installed in an ext filesystem. @param offset of it in the file, in bytes */
export async function packagesIn(file: string, offset: number): Promise<readonly string[]> {
  const { stdout } = await run('debugfs', ['-R', 'cat /var/lib/dpkg/status', `${file}?offset=${offset}`]);
  return stdout
    .split('\n\n')
    .filter((entry) => /^Status: .* installed$/m.test(entry))
    .map((entry) => /^Package: (.*)$/m.exec(entry)?.[1] ?? '');
}
