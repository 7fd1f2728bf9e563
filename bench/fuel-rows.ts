import { createReadStream, createWriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { putAside } from './aside.ts';
import { type Measured, measure } from './measure.ts';
import { packagesIn } from './packages.ts';
import type { Bench, Row } from './run-bench.ts';

/** The rows in the order in which they have to run: each one starts from what the one before it left. */
export const FUEL_ROWS: readonly Row[] = [
  {
    id: 'cold',
    title: 'ingot, nothing cached',
    peer: 'original',
    target: { kind: 'cpu-ratio', atMost: 0.3 },
    run: async (bench) => {
      for (const name of ['cache', 'images']) await putAside(bench.folder, name);
      return await build(bench, 'first');
    },
  },
  {
    id: 'second',
    title: 'ingot, another environment',
    peer: 'original',
    target: { kind: 'cpu-ratio', atMost: 0.1 },
    run: async (bench) => {
      await putAside(bench.folder, 'images/second.yaml');
      return await build(bench, 'second');
    },
  },
  {
    id: 'original',
    title: 'debootstrap + loop devices + gzip',
    peer: 'original',
    run: async (bench) => {
      const packages = join(bench.folder, 'packages');
      await writeFile(packages, `${PACKAGES.join('\n')}\n`);
      const chain = fileURLToPath(new URL('fuel-chain', import.meta.url));
      const sources = ['bookworm', bench.mirror, bench.securityMirror];
      // Its mounts are nobody else's: a process that took a copy of them would keep the loop devices busy.
      const alone = ['unshare', '--mount', '--propagation', 'private'];
      const words = [...alone, chain, ...sources, packages, join(bench.folder, 'original')];
      const measured = await measure(words, bench.environment);
      await compareContents(bench, measured.stdout);
      return measured;
    },
  },
];

/** A node's packages under Debian's names; the rest of what the original installs is not in Debian. */
const PACKAGES = [
  'acpi-support',
  'ca-certificates',
  'cloud-init',
  'curl',
  'ethtool',
  'gdisk',
  'grub-pc',
  'linux-image-amd64',
  'lvm2',
  'mdadm',
  'ntp',
  'openssh-server',
  'telnet',
  'vim',
  'vlan',
];

async function build(bench: Bench, environment: string): Promise<Measured> {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const repository = (name: string, uri: string, suite: string) => ({
    ...{ name, uri, suite, section: 'main', priority: null, keyring },
  });
  const image = (name: string, format: string) => ({ uri: `http://node/${name}`, format, container: 'gzip' });
  const request = {
    codename: 'bookworm',
    output: join(bench.folder, 'images'),
    repos: [
      repository('debian', bench.mirror, 'bookworm'),
      repository('debian-updates', bench.mirror, 'bookworm-updates'),
      repository('debian-security', bench.securityMirror, 'bookworm-security'),
    ],
    packages: PACKAGES,
    root_password: 'benchmark',
    image_data: {
      '/': image(`${environment}.img.gz`, 'ext4'),
      '/boot': image(`${environment}-boot.img.gz`, 'ext2'),
    },
  };
  const program = fileURLToPath(new URL('../bin/fuel-image', import.meta.url));
  return await measure([program, JSON.stringify(request)], {
    ...bench.environment,
    DIB_IMAGE_CACHE: join(bench.folder, 'cache'),
    FUEL_IMAGE_LOGS: join(bench.folder, 'logs'),
  });
}

/** The two ways have to make the same system, or their costs say nothing. */
async function compareContents({ folder }: Bench, names: string): Promise<void> {
  const raw = join(folder, 'first.img');
  await pipeline(createReadStream(join(folder, 'images/first.img.gz')), createGunzip(), createWriteStream(raw));
  try {
    const own = new Set(await packagesIn(raw, 0));
    const missing = names.split('\n').filter((name) => name !== '' && !own.has(name));
    if (missing.length > 0)
      throw new Error(`The image of ingot lacks ${missing.join(', ')}: the contents are not equal`);
  } finally {
    await rm(raw, { force: true });
  }
}
