import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FileServer, serveFolder } from '../support/file-server.ts';
import { build, type ImageCall, image, inLab } from '../support/image-build.ts';
import { writeWheel } from '../support/python-wheel.ts';
import { bootRamdisk } from '../support/ramdisk-vm.ts';
import { bootImage } from '../support/vm.ts';

/** Elements in the shape of those of ironic-python-agent-builder and octavia. */
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

const BALANCER_AGENT = `
from http.server import BaseHTTPRequestHandler, HTTPServer
import pwd, os

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f'agent as {pwd.getpwuid(os.getuid()).pw_name}\\n'.encode())

def main():
    HTTPServer(('127.0.0.1', 9443), Handler).serve_forever()
`;

const RAMDISK: ImageCall = { name: 'inventory', elements: ['debian-minimal', 'inventory-ramdisk'] };

const BALANCER: ImageCall = {
  name: 'balancer',
  elements: ['debian-minimal', 'vm', 'openssh-server', 'cloud-init', 'balancer'],
  options: ['-p', 'ifupdown', '-u', '-t', 'qcow2'],
};

let server: FileServer;
let balancerWheel: string;

beforeAll(async () => {
  await mkdir(inLab('index'), { recursive: true });
  await writeWheel(inLab('index'), { name: 'inventory-agent', code: INVENTORY_AGENT });
  balancerWheel = await writeWheel(inLab('index'), { name: 'balancer-agent', code: BALANCER_AGENT });
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

test('an appliance with a balancer, an agent and a hardened ssh server serves', async () => {
  const env = {
    ELEMENTS_PATH: ELEMENTS,
    BALANCER_USE_SSH: 'True',
    DIB_REPOLOCATION_balancer_agent: `${server.url}/${balancerWheel}`,
  };
  await build({ ...BALANCER, env });

  await using machine = await bootImage({ image: image(BALANCER, 'qcow2'), firmware: 'bios', user: 'grace' });
  await machine.waitFor(/\blogin: /, BOOT_MS);

  const state = await machine.ssh('sudo systemctl is-system-running --wait || sudo systemctl --failed');
  expect(state.trim()).toBe('running');
  expect(await machine.ssh('sudo systemctl is-active balancer-agent haproxy')).toBe('active\nactive\n');
  expect(
    await machine.ssh('python3 -c \'import urllib.request as u; print(u.urlopen("http://127.0.0.1").read())\''),
  ).toBe("b'agent as balancer\\n'\n");
  expect(await machine.ssh('sudo systemctl is-enabled keepalived || true')).toBe('disabled\n');
  expect(await machine.ssh('findmnt --noheadings --output FSTYPE /var/lib/balancer/certificates')).toBe('tmpfs\n');
  expect(await machine.ssh('cat /proc/sys/net/ipv4/ip_nonlocal_bind /proc/sys/net/core/somaxconn')).toBe('1\n65534\n');
  expect(await machine.ssh('cat /etc/resolv.conf')).toBe('nameserver 127.0.0.1\n');
  expect(await machine.ssh('sudo sshd -T | grep --word-regexp passwordauthentication')).toBe(
    'passwordauthentication no\n',
  );
  expect(await machine.ssh('sudo logrotate --debug /etc/logrotate.d/balancer-agent 2>&1')).toContain(
    'balancer-agent.log',
  );
});
