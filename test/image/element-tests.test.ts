import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runForStatus } from '../../src/host/process.ts';
import { said } from '../support/cli.ts';
import { buildEnvironment, inLab } from '../support/image-build.ts';

const INGOT = fileURLToPath(new URL('../../bin/ingot', import.meta.url));

/** What is true of the skeleton on a minimal Debian, and one line that is not. */
const ASSERTIONS = `
packages:
  less: installed
  systemd-sysv: installed
  telnet: absent
services:
  getty@tty1: enabled
  systemd-networkd: enabled
files:
  /etc/hello.conf: {mode: 0644, owner: root, contains: greeting = hello}
  /etc/shadow: {mode: 0640, group: shadow}
commands:
  - run: dpkg --audit
  - {run: python3 -c 'print(6 * 7)', prints: 42}
`;

test('the test of a new element asks the package manager and the services of a Debian', async () => {
  const env = buildEnvironment({ DIB_DEBIAN_KERNEL: '' }); // no kernel, so that there is no initramfs to wait for
  const ingot = async (...words: readonly string[]) => await runForStatus(INGOT, words, { env, cwd: inLab('out') });
  await rm(inLab('elements/hello'), { recursive: true, force: true });

  const made = await ingot('element', 'new', inLab('elements/hello'));
  await writeFile(inLab('elements/hello/test-elements/works/assertions.yaml'), ASSERTIONS);
  const result = await ingot('test', 'hello');

  expect(made.status, said(made)).toBe(0);
  expect(result.status, said(result)).toBe(1);
  expect(result.stdout).toContain('assertions failed: 1 of 9 assertions does not hold');
  expect(result.stdout).toMatch(/assertions\.yaml:8:3: Service systemd-networkd: expected enabled, found disabled\n/);
});
