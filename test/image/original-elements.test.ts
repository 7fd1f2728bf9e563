import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { build, type ImageCall, image, inLab } from '../support/image-build.ts';
import { bootImage } from '../support/vm.ts';

/** diskimage-builder's own elements, as Debian's python3-diskimage-builder installs them. */
const ELEMENTS = '/usr/lib/python3/dist-packages/diskimage_builder/elements';

const CALL: ImageCall = {
  name: 'original',
  elements: ['debian-minimal', 'vm'],
  options: ['-u', '-t', 'raw'],
  env: {
    ELEMENTS_PATH: ELEMENTS,
    // That version looks for security updates where no release since bullseye has them.
    DIB_DEBIAN_SECURITY_MIRROR: 'http://security.debian.org/debian-security',
    DIB_DEBIAN_SECURITY_SUBPATH: '-security',
  },
};

/** Elements that ran, and those of them that come from `ELEMENTS`. */
function elementsIn(log: string): { readonly all: readonly string[]; readonly original: readonly string[] } {
  const all = /Building elements: (.*)$/m.exec(log)?.[1]?.split(' ') ?? [];
  return {
    all,
    original: all.filter((name) => log.includes(`Element ${name} of ${ELEMENTS}/${name} is used in place`)),
  };
}

/** Hooks that ran, in order. */
function hooksIn(log: string): readonly string[] {
  return [...log.matchAll(/^dib-run-parts Running (\S+)$/gm)].flatMap(([, name]) => name ?? []);
}

test('builds a bootable Debian with the elements of diskimage-builder, unmodified, and keeps a layer of each hook', async () => {
  const first = await build(CALL);
  const second = await build(CALL);

  const { all, original } = elementsIn(first.stdout);
  expect(all).toContain('package-installs');
  expect(original).toEqual(all);
  // Maintainer scripts ask twice.
  expect([...first.stdout.matchAll(/Generating \/boot\/initrd/g)].length).toBeLessThanOrEqual(1);
  // What mounts a folder of the cache, and what writes beside the image.
  expect(hooksIn(second.stdout)).toEqual(['root.d/50-shared-apt-cache', 'cleanup.d/01-copy-manifests-dir']);

  const manifest = JSON.parse(await readFile(inLab('out/original.d/dib-manifests/dib-manifest-dpkg-original'), 'utf8'));
  const packages = manifest.packages.map((one: { package: string }) => one.package);
  expect(packages).toEqual(expect.arrayContaining(['grub-pc', 'linux-image-amd64', 'systemd-sysv']));

  await using machine = await bootImage({ image: image(CALL, 'raw'), firmware: 'bios' });
  expect(await machine.waitFor(/\blogin: /, 600_000)).toMatch(/^debian login:/);
});
