import { mkdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { type BuildCall, said, type Workshop, workshop } from '../support/cli.ts';
import type { BatchName } from '../support/element-coverage.ts';
import { FAKE_CENTOS, FAKE_DEBIAN, FAKE_HARDWARE } from '../support/element-stand-ins.ts';
import type { FileTexts } from '../support/folder-tree.ts';
import { type BuiltBatch, elementsOf, lookAt, unpackPlaces } from '../support/look-at-facts.ts';
import { RAMDISK_OS, unpackRamdisk } from '../support/ramdisk-os.ts';

/** Builds the elements of a batch on a fake operating system. */
async function build(shop: Workshop, batch: BatchName, call: BuildCall): Promise<BuiltBatch> {
  const elements = [...(call.elements ?? []), ...elementsOf(batch).map(({ name }) => name)];
  const result = await shop.build({ ...call, elements });
  expect(result.status, said(result)).toBe(0);
  const tree = shop.at('tree');
  await mkdir(tree);
  if (call.command === 'ramdisk-image-create')
    return { image: shop.at('image'), tree, ramdisk: await unpackRamdisk(shop) };
  await unpackPlaces(batch, shop.at('image.tar'), tree);
  return { image: shop.at('image'), tree };
}

/** Files that builds of Debian are told by variables, and a repository of pyenv. */
const CALLERS_FILES: FileTexts = {
  'files/apt.conf': 'Acquire::Retries "5";\n',
  'files/packages': '{"packages": [\n  {"package": "bash", "version": "5.2"}\n]}\n',
  'files/sources.list': 'deb http://mirror.example/debian bookworm main\n',
  'files/pyenv/plugins/python-build/install.sh': 'exec:#!/bin/sh\n',
  'files/keylime/keylime.conf': 'registrar_ip = 127.0.0.1\n',
  'files/keylime/scripts/create_allowlist.sh': 'exec:#!/bin/sh\necho "digest  /bin/sh" >"$1"\n',
  'files/keylime/scripts/init_tpm_server': 'exec:#!/bin/sh\n',
  'files/ibmtpm/src/tpm_server': 'exec:#!/bin/sh\n',
};

/** Makes a folder a git repository with one commit. */
async function commitAll(folder: string): Promise<void> {
  const author = ['-c', 'user.name=ada', '-c', 'user.email=ada@example', '-c', 'init.defaultBranch=master'];
  const git = async (...args: readonly string[]) => await run('git', [...author, '-C', folder, ...args]);
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'all');
}

async function fakeDebian(shop: Workshop): Promise<BuiltBatch> {
  await shop.write(CALLERS_FILES);
  const file = (name: string) => shop.at(`elements/files/${name}`);
  for (const name of ['pyenv', 'keylime']) await commitAll(file(name));
  await run('tar', ['--create', '--file', file('ibmtpm.tar'), '--directory', file('ibmtpm'), 'src']);
  return await build(shop, 'fake-debian', {
    elements: ['ramdisk-os', 'fake-debian'],
    options: ['-t', 'tar,qcow2'],
    env: {
      DIB_APT_CONF: file('apt.conf'),
      DIB_APT_PROXY: 'http://proxy.example:3142',
      DIB_APT_SOURCES: file('sources.list'),
      DIB_DPKG_MANIFEST: file('packages'),
      DIB_PYTHON_VERSIONS: '3.9',
      DIB_KEYLIME_AGENT_REGISTRAR_IP: '192.0.2.7',
      DIB_REPOLOCATION_ibmtpm: `file://${file('ibmtpm.tar')}`,
      DIB_REPOLOCATION_keylime: file('keylime'),
      DIB_REPOREF_keylime: 'master',
      DIB_REPOLOCATION_pyenv: file('pyenv'),
      DIB_DEVICE_MODE: 'never',
    },
  });
}

async function fakeCentos(shop: Workshop): Promise<BuiltBatch> {
  return await build(shop, 'fake-centos', {
    elements: ['fake-centos'],
    env: { DIB_ELREPO_KERNEL: '1', DIB_EPEL_DISABLED: '1' },
  });
}

async function fakeRamdisk(shop: Workshop): Promise<BuiltBatch> {
  await shop.write({
    'files/firmware/one.scexe':
      'exec:#!/bin/bash\ntarget=${1#--unpack=}; mkdir -p "$target"; echo firmware >"$target/flash_ilo4"\n',
    // The last words of mkimage are the file that it reads and the one that it writes; this one leaves a ramdisk as it is.
    'files/programs/mkimage':
      'exec:#!/bin/bash\nif [[ $* == *"-T ramdisk"* ]]; then cp "${@: -2:1}" "${!#}"; else echo "mkimage $*" >"${!#}"; fi\n',
  });
  return await build(shop, 'fake-ramdisk', {
    command: 'ramdisk-image-create',
    elements: ['ramdisk-os', 'fake-hardware'],
    options: ['-a', 'armhf'],
    env: {
      DIB_ILO_FIRMWARE_PATH: shop.at('elements/files/firmware'),
      PATH: `${shop.at('elements/files/programs')}:${process.env.PATH}`,
    },
  });
}

describe.each([
  ['fake-debian', { ...RAMDISK_OS, ...FAKE_DEBIAN }, fakeDebian],
  ['fake-centos', FAKE_CENTOS, fakeCentos],
  ['fake-ramdisk', { ...RAMDISK_OS, ...FAKE_HARDWARE }, fakeRamdisk],
] as const)('the batch %s', (batch, files, make) => {
  let built: BuiltBatch;
  beforeAll(async () => {
    const shop = await workshop(files);
    built = await make(shop);
    return async () => await shop[Symbol.asyncDispose]();
  });

  test.each(elementsOf(batch))('has what the element $name does', async ({ facts }) => {
    for (const [place, content, expected] of await lookAt(facts, built)) expect(content, place).toMatch(expected);
  });
});
