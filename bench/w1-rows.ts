import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../src/host/process.ts';
import { putAside } from './aside.ts';
import { type Measured, measure } from './measure.ts';
import { packagesIn } from './packages.ts';
import type { Bench, Row } from './run-bench.ts';

/** The rows in the order in which they have to run: each one starts from what the one before it left. */
export const W1_ROWS: readonly Row[] = [
  {
    id: 'cold',
    title: 'ingot, nothing cached',
    peer: 'chain',
    target: { kind: 'cpu-ratio', atMost: 0.55 },
    run: async (bench) => {
      await putAside(bench.folder, 'cache');
      return await buildAndListPackages(bench);
    },
  },
  {
    id: 'fetched',
    title: 'ingot, packages fetched',
    peer: 'chain',
    target: { kind: 'cpu-ratio', atMost: 0.4 },
    run: async (bench) => {
      await forgetLayers(bench);
      return await build(bench);
    },
  },
  {
    id: 'unchanged',
    title: 'ingot, unchanged',
    peer: 'chain',
    target: { kind: 'wall-seconds', atMost: 1 },
    run: async (bench) => await build(bench),
  },
  {
    id: 'package',
    title: 'ingot, one package added',
    peer: 'chain',
    target: { kind: 'wall-seconds', atMost: 5 },
    run: async (bench) => await build(bench, ['-p', 'tree']),
  },
  {
    id: 'hook',
    title: 'ingot, last hook edited',
    peer: 'chain',
    run: async (bench) => {
      await appendFile(join(bench.folder, 'elements/bench-w1/finalise.d/99-last-hook'), `# edited at ${Date.now()}\n`);
      return await build(bench);
    },
  },
  {
    id: 'chain',
    title: 'mmdebstrap + mke2fs + qemu-img',
    peer: 'chain',
    run: async (bench) => await chain(bench, 'none'),
  },
  {
    id: 'dpkg',
    title: 'apt + dpkg + mke2fs by hand',
    peer: 'chain',
    run: async (bench) => {
      await putAside(bench.folder, 'dpkg');
      return await dpkgChain(bench);
    },
  },
  {
    id: 'dpkg-fetched',
    title: 'apt + dpkg + mke2fs by hand, packages fetched',
    peer: 'chain',
    run: async (bench) => await dpkgChain(bench),
  },
  {
    id: 'cold-zlib',
    title: 'ingot, nothing cached, zlib',
    peer: 'chain-zlib',
    run: async (bench) => {
      await putAside(bench.folder, 'cache');
      return await build(bench, [], 'zlib');
    },
  },
  {
    id: 'chain-zlib',
    title: 'mmdebstrap + mke2fs + qemu-img, zlib',
    peer: 'chain-zlib',
    run: async (bench) => await chain(bench, 'zlib'),
  },
  {
    id: 'mkosi',
    title: 'mkosi',
    peer: 'chain',
    run: async (bench) => {
      const packages = join(bench.folder, 'packages');
      const output = join(bench.folder, 'mkosi.qcow2');
      const command = [programOfBench('mkosi-chain'), 'bookworm', bench.mirror, packages, output];
      return await holdingAllPackages(await measure(command, bench.environment), packages);
    },
  },
  {
    id: 'dib',
    title: 'diskimage-builder (linux-image-amd64, no table)',
    peer: 'chain',
    run: async (bench) => {
      const places = [join(bench.folder, 'dib'), join(bench.folder, 'dib.qcow2')];
      const sources = ['bookworm', bench.mirror, bench.securityMirror];
      return await measure([programOfBench('dib-chain'), ...sources, ...places], bench.environment);
    },
  },
];

const ELEMENTS = ['debian-minimal', 'vm', 'openssh-server', 'cloud-init', 'bench-w1'];

/** Lays out the folder: an empty one is made ready, one of an earlier run is kept with its caches. */
export async function prepareBench(bench: Bench): Promise<void> {
  await rm(join(bench.folder, 'elements'), { recursive: true, force: true });
  await cp(programOfBench('elements'), join(bench.folder, 'elements'), { recursive: true });
}

async function build(bench: Bench, options: readonly string[] = [], compression: 'none' | 'zlib' = 'none') {
  const program = fileURLToPath(new URL('../bin/disk-image-create', import.meta.url));
  const plain = compression === 'none' ? ['-u'] : [];
  // Without the element base: W1 names its packages, and base brings many more.
  return await measure([program, '-n', ...plain, '-o', imageOf(bench), ...options, ...ELEMENTS], {
    ...bench.environment,
    DIB_RELEASE: 'bookworm',
    DIB_DEBIAN_KERNEL: 'linux-image-cloud-amd64',
    DIB_DISTRIBUTION_MIRROR: bench.mirror,
    DIB_IMAGE_CACHE: join(bench.folder, 'cache'),
    ELEMENTS_PATH: join(bench.folder, 'elements'),
    OVERWRITE_OLD_IMAGE: '1',
  });
}

async function buildAndListPackages(bench: Bench): Promise<Measured> {
  const measured = await build(bench);
  await writeFile(join(bench.folder, 'packages'), `${(await packagesOfDisk(imageOf(bench))).join('\n')}\n`);
  return measured;
}

/** Keeps the package store and the package lists, and drops all that was built from them. */
async function forgetLayers(bench: Bench): Promise<void> {
  const folder = join(bench.folder, 'cache/ingot');
  const names = (await readdir(folder)).filter((name) => name !== 'packages' && name !== 'apt');
  for (const name of names) await putAside(bench.folder, join('cache/ingot', name));
}

async function chain(bench: Bench, compression: 'none' | 'zlib'): Promise<Measured> {
  const packages = join(bench.folder, 'packages');
  const output = join(bench.folder, `chain-${compression}.qcow2`);
  const sources = ['bookworm', bench.mirror, bench.securityMirror];
  const command = [programOfBench('mmdebstrap-chain'), ...sources, packages, output, compression];
  return await holdingAllPackages(await measure(command, bench.environment), packages);
}

async function dpkgChain(bench: Bench): Promise<Measured> {
  const packages = join(bench.folder, 'packages');
  const places = [packages, join(bench.folder, 'dpkg.qcow2'), join(bench.folder, 'dpkg')];
  const command = [programOfBench('dpkg-chain'), 'bookworm', bench.mirror, bench.securityMirror, ...places];
  return await holdingAllPackages(await measure(command, bench.environment), packages);
}

/** What another builder measured, once it is certain that its tree has every package of ingot's: it prints a line `NAME<tab>VERSION` for each. */
async function holdingAllPackages(measured: Measured, packagesFile: string): Promise<Measured> {
  const names = new Set(measured.stdout.split('\n').flatMap((line) => line.split('\t')[0] ?? []));
  const missing = (await readFile(packagesFile, 'utf8')).split('\n').filter((name) => name !== '' && !names.has(name));
  if (missing.length > 0) throw new Error(`The other tree lacks ${missing.join(', ')}: the contents are not equal`);
  return measured;
}

/** Names of the packages installed in the root filesystem, the last partition, of an image. */
async function packagesOfDisk(image: string): Promise<readonly string[]> {
  const raw = `${image}.raw`;
  await run('qemu-img', ['convert', '-O', 'raw', image, raw]);
  try {
    const { stdout: table } = await run('sfdisk', ['--dump', raw]);
    const start = [...table.matchAll(/start=\s*(\d+)/g)].at(-1)?.[1] ?? '0';
    return await packagesIn(raw, Number(start) * 512);
  } finally {
    await rm(raw, { force: true });
  }
}

function imageOf(bench: Bench): string {
  return join(bench.folder, 'w1.qcow2');
}

function programOfBench(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
