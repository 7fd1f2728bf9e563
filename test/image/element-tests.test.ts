import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runForStatus } from '../../src/host/process.ts';
import { said } from '../support/cli.ts';
import { buildEnvironment, inLab } from '../support/image-build.ts';

const INGOT = fileURLToPath(new URL('../../bin/ingot', import.meta.url));

/** What is true of a minimal Debian, and one line that is not. */
const ASSERTIONS = `
packages:
  systemd-sysv: installed
  telnet: absent
services:
  getty@tty1: enabled
  systemd-networkd: enabled
files:
  /etc/os-release: {contains: bookworm}
  /etc/shadow: {mode: 0640, group: shadow}
commands:
  - run: dpkg --audit
  - {run: python3 -c 'print(6 * 7)', prints: 42}
`;

test('tests of elements ask a Debian; a new element passes its own', async () => {
  const ingot = async (...words: readonly string[]) =>
    await runForStatus(INGOT, words, { env: buildEnvironment(), cwd: inLab('out') });
  await rm(inLab('elements/hello'), { recursive: true, force: true });
  const folder = inLab('elements/looked-at/test-elements/debian');
  await write(join(folder, 'element-deps'), 'debian-minimal\n');
  await write(join(folder, 'assertions.yaml'), ASSERTIONS);

  const made = await ingot('element', 'new', inLab('elements/hello'));
  const result = await ingot('test', 'hello', 'looked-at');

  expect(made.status, said(made)).toBe(0);
  expect(result.status, said(result)).toBe(1);
  expect(result.stdout).toMatch(/^ok {6}hello\/works /);
  expect(result.stdout).toContain('assertions failed: 1 of 8 assertions does not hold');
  expect(result.stdout).toMatch(/assertions\.yaml:7:3: Service systemd-networkd: expected enabled, found disabled\n/);
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
