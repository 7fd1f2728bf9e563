import { describe, expect, it } from 'vitest';
import { waitForLogin } from '../../../src/commands/boot-progress.ts';
import { ConsoleLog } from '../../../src/host/console-log.ts';

/** Lets a console say these texts and waits for its login prompt. */
async function watch(...said: readonly string[]) {
  const log = new ConsoleLog();
  const markers: string[] = [];
  const signal = new AbortController().signal;
  const waiting = waitForLogin(log, {
    image: '/image.raw',
    timeoutMs: 5000,
    signal,
    onMarker: (name, line) => markers.push(`${name}: ${line}`),
  });
  for (const text of said) log.add(text);
  log.end();
  await waiting;
  return markers;
}

describe('the way to a login prompt', () => {
  it('is told by whole lines, and a greeting of GRUB is no init', async () => {
    const markers = await watch(
      'Welcome to GRUB!\r\n',
      '[    0.0] Linux version 6.1',
      '.0-cloud\r\nWelcome to Debian 12!\r\n',
      'vm login: ',
    );

    expect(markers).toEqual([
      'loader: Welcome to GRUB!',
      'kernel: [    0.0] Linux version 6.1.0-cloud',
      'init: Welcome to Debian 12!',
      'login: vm login:',
    ]);
  });

  it.each([
    'grub rescue> ',
    'ALERT!  LABEL=root does not exist.  Dropping to a shell!\r\n',
    'BusyBox v1.35\r\n(initramfs) ',
    'You are in emergency mode. After logging in\r\n',
  ])('ends at %j', async (text) => {
    await expect(watch('Linux version 6.1.0\r\n', text)).rejects.toMatchObject({
      code: 'BOOT_FAILED',
      message: expect.stringContaining('did not boot: it stopped at'),
      details: {
        tail: [
          'Linux version 6.1.0',
          ...text
            .trim()
            .split('\r\n')
            .map((line) => expect.stringContaining(line)),
        ],
      },
    });
  });
});
