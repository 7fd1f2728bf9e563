import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FileServer, serveFolder } from '../support/file-server.ts';
import { build, type ImageCall, inLab } from '../support/image-build.ts';
import { writeWheel } from '../support/python-wheel.ts';
import { bootRamdisk } from '../support/ramdisk-vm.ts';

/** Elements in the shape of those of ironic-python-agent-builder. */
const ELEMENTS = fileURLToPath(new URL('../elements', import.meta.url));
/** Far longer than a boot takes, also under emulation on a busy machine. */
const BOOT_MS = 600_000;

const INVENTORY_AGENT = `
import pathlib, platform, sys

def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob('*.conf'))
    settings = dict(line.split('=') for file in files for line in file.read_text().split())
    print(f"MARKER {settings['greeting']} of {platform.machine()} on {settings['release']} from {sys.prefix}", flush=True)
`;

const RAMDISK: ImageCall = { name: 'inventory', elements: ['debian-minimal', 'inventory-ramdisk'] };

let server: FileServer;

beforeAll(async () => {
  await mkdir(inLab('index'), { recursive: true });
  await writeWheel(inLab('index'), { name: 'inventory-agent', code: INVENTORY_AGENT });
  server = await serveFolder(inLab('index'));
});
afterAll(async () => await server[Symbol.asyncDispose]());

test('a ramdisk that elements pack themselves starts their agent', async () => {
  const env = { ELEMENTS_PATH: ELEMENTS, PIP_INDEX_URL: `${server.url}/simple` };
  await build({ ...RAMDISK, env });

  const console = await bootRamdisk(inLab('out', RAMDISK.name), '', BOOT_MS, 2048);

  expect(console).toMatch(/MARKER inventory of x86_64 on bookworm from \/opt\/inventory-agent\r?$/m);
  expect(console).toContain('reboot: Restarting system');
});
