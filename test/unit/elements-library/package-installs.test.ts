import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { RequestChannel } from '../../../src/build/request-channel.ts';
import { elementHandlers } from '../../../src/build/request-handlers.ts';
import type { Element } from '../../../src/model/element.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { type ElementRig, elementRig, recorder } from './element-rig.ts';

const ELEMENTS = ['package-installs', 'pkg-map', 'svc-map', 'install-bin'];
const ENV = { DISTRO_NAME: 'debian', DIB_RELEASE: 'bookworm', ARCH: 'amd64' };
const PROGRAMS = { 'ingot-request': fileURLToPath(new URL('../../../lib/ingot-request', import.meta.url)) };

test('installs the mapped packages of each phase with one call, and removes those that are for the build only', {
  tags: ['package-installs.one-call'],
}, async () => {
  await using setup = await packageRig({
    'package-installs.yaml': 'web:\ncurl:\nmake:\n  build-only: true\nearly:\n  phase: pre-install.d\n',
    'pkg-map': '{"default": {"web": "nginx-light"}}',
  });
  const { rig } = setup;

  await succeed(rig.onHost('extra-data.d/10-create-pkg-map-dir'));
  await succeed(rig.onHost('extra-data.d/99-squash-package-install'));
  await succeed(rig.inChroot('pre-install.d/01-install-bin'));
  await succeed(rig.inChroot('pre-install.d/10-package-installs'));
  await succeed(rig.inChroot('pre-install.d/99-package-uninstalls'));
  await succeed(rig.inChroot('install.d/01-package-installs'));
  await succeed(rig.inChroot('install.d/99-package-uninstalls'));
  await succeed(rig.inChroot('post-install.d/00-package-installs'));

  const calls = (await rig.read('/tmp/install-packages.calls')).trim().split('\n');
  expect(calls).toEqual(['early', 'curl make nginx-light', '-e make']);
});

test('takes the list that another hook put in place of its own', async () => {
  await using setup = await packageRig({ 'package-installs.yaml': 'curl:\n' });
  const { rig } = setup;
  await succeed(rig.onHost('extra-data.d/99-squash-package-install'));
  await succeed(rig.inChroot('pre-install.d/01-install-bin'));
  await rig.write({ '/tmp/package-installs.json': '{"install.d": {"install": [["wget", "mine"]], "uninstall": []}}' });

  await succeed(rig.inChroot('install.d/01-package-installs'));

  expect(await rig.read('/tmp/install-packages.calls')).toBe('wget\n');
});

test('reads the older lists too: a dash means to remove again', { tags: ['package-installs.flat'] }, async () => {
  await using setup = await packageRig({});
  const { rig } = setup;
  const list = '# tools\nhtop\n\n-gcc';
  await writeFile(join(rig.hooks, 'install.d/package-installs-mine'), list);
  await succeed(rig.onHost('extra-data.d/99-squash-package-install'));
  await succeed(rig.inChroot('pre-install.d/01-install-bin'));

  await succeed(rig.inChroot('install.d/01-package-installs'));
  await succeed(rig.inChroot('install.d/99-package-uninstalls'));

  expect(await rig.read('/tmp/install-packages.calls')).toBe('htop gcc\n-e gcc\n');
});

test('a failed installation fails the hook', async () => {
  await using setup = await packageRig({ 'package-installs.yaml': 'curl:\n' });
  const { rig } = setup;
  await succeed(rig.onHost('extra-data.d/99-squash-package-install'));
  await succeed(rig.inChroot('pre-install.d/01-install-bin'));
  await rig.write({ '/usr/local/bin/install-packages': 'exec:#!/bin/sh\nexit 100\n' });

  const { status } = await rig.inChroot('install.d/01-package-installs');

  expect(status).toBe(100);
});

test('service names come from the merged map, unless a unit has the name', {
  tags: ['svc-map.merged', 'svc-map.unit'],
}, async () => {
  await using setup = await packageRig({
    'svc-map': 'web:\n  debian: nginx\n  default: httpd\nagent:\n  default: other\nplain:\n  suse: x\n',
    'post-install.d/50-ask': 'exec:#!/bin/sh\nsvc-map web agent plain unknown >/tmp/answer\n',
  });
  const { rig } = setup;
  await rig.write({ '/usr/lib/systemd/system/agent.service': '[Unit]\n' });
  await succeed(rig.onHost('extra-data.d/10-merge-svc-map-files'));
  await succeed(rig.onHost('extra-data.d/11-copy-svc-map-file'));
  await succeed(rig.inChroot('pre-install.d/01-install-bin'));

  await succeed(rig.inChroot('post-install.d/50-ask'));

  expect(await rig.read('/tmp/answer')).toBe('nginx\nagent\nplain\nunknown\n');
});

test('pkg-map says that it only works during a build', async () => {
  await using rig = await elementRig(ELEMENTS, ENV);
  await succeed(rig.inChroot('pre-install.d/01-install-bin'));

  const { status, stderr } = await rig.inChroot('bin/pkg-map');

  expect(status).toBe(1);
  expect(stderr).toContain('only be translated while the image is being built');
});

interface PackageRig extends AsyncDisposable {
  readonly rig: ElementRig;
}

/** The elements with one more, `mine`, and the builder that answers their requests. */
async function packageRig(files: Readonly<Record<string, string>>): Promise<PackageRig> {
  const stack = new AsyncDisposableStack();
  const folder: FolderTree = stack.use(await folderTree(files));
  const mine: Element = { name: 'mine', path: folder.path, needs: [], provides: [], hides: [] };
  const yaml = `{"mine": "${folder.path}"}`;
  const array = `() { echo '[mine]=${folder.path} '; }`;
  const rig = stack.use(
    await elementRig(ELEMENTS, { ...ENV, IMAGE_ELEMENT_YAML: yaml, 'BASH_FUNC_get_image_element_array%%': array }),
  );
  for (const [path, text] of Object.entries(files).filter(([name]) => name.includes('/'))) {
    await mkdir(join(rig.hooks, path, '..'), { recursive: true });
    await writeFile(join(rig.hooks, path), text.replace(/^exec:/, ''));
    await chmod(join(rig.hooks, path), 0o755);
  }
  const handlers = elementHandlers({ elements: [...rig.elements, mine], tree: rig.tree });
  stack.use(await RequestChannel.open(join(rig.hooks, '.ingot'), PROGRAMS, handlers));
  await rig.write({ '/usr/local/bin/install-packages': recorder('install-packages') });
  return { rig, [Symbol.asyncDispose]: async () => await stack.disposeAsync() };
}

async function succeed(run: ReturnType<ElementRig['onHost']>): Promise<void> {
  const { status, tail } = await run;
  expect(status, tail.join('\n')).toBe(0);
}
