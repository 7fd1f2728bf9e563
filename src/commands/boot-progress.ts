import type { ConsoleLog } from '../host/console-log.ts';
import { IngotError } from '../model/error.ts';

const LOGIN = /\blogin: /;

/** What a console shows on the way to its login prompt, in order. */
const MARKERS = [
  { name: 'loader', pattern: /Welcome to GRUB|GRUB loading/ },
  { name: 'kernel', pattern: /Linux version [^\n]*\n/ },
  { name: 'init', pattern: /Welcome to (?!GRUB)[^\n]*\n/ },
  { name: 'login', pattern: LOGIN },
] as const;

/** What a machine says that will never get there. */
const DEAD_ENDS =
  /(?:Kernel panic|No bootable device|UEFI Interactive Shell|You are in emergency mode|ALERT! )[^\n]*\n|grub rescue>|\(initramfs\) $/;

export interface BootWatch {
  readonly image: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told of each marker, with the milliseconds since the start. */
  readonly onMarker: (name: string, line: string, ms: number) => void;
}

/**
 * Waits until a machine shows its login prompt.
 * @returns milliseconds that it took
 * @throws IngotError `BOOT_FAILED` with the end of the console; `CANCELLED`
 */
export async function waitForLogin(console: ConsoleLog, watch: BootWatch): Promise<number> {
  const startedAt = Date.now();
  const done = new AbortController();
  const until = AbortSignal.any([watch.signal, done.signal]);
  const told = MARKERS.map(async ({ name, pattern }) => {
    const wait = await console.waitFor(pattern, watch.timeoutMs, until).catch(() => undefined);
    if (wait?.kind === 'matched') watch.onMarker(name, wait.line, Date.now() - startedAt);
  });
  try {
    const wait = await console.waitFor(anyOf(LOGIN, DEAD_ENDS), watch.timeoutMs, watch.signal);
    if (LOGIN.test(console.text)) return Date.now() - startedAt;
    throw bootFailure(console, watch.image, reasonOf(wait, watch));
  } finally {
    done.abort();
    await Promise.all(told);
  }
}

/** The error for a machine that did not do what it should, with what it wrote last. `hint` is for one whose kernel spoke. */
export function bootFailure(console: ConsoleLog, image: string, reason: string, hint?: string): IngotError {
  const isSilent = !console.text.includes('Linux version');
  return new IngotError('BOOT_FAILED', `The image ${image} did not boot: ${reason}`, {
    tail: console.tail,
    hint: isSilent
      ? 'No kernel spoke on the serial console. It needs console=ttyS0 among its arguments; try the other --firmware too.'
      : (hint ??
        'Look at the console with: ingot boot IMAGE. Another --firmware or a longer --timeout may be what it needs.'),
  });
}

function reasonOf(wait: Awaited<ReturnType<ConsoleLog['waitFor']>>, { timeoutMs }: BootWatch): string {
  switch (wait.kind) {
    case 'matched':
      return `it stopped at "${wait.line}"`;
    case 'ended':
      return 'the machine ended before its login prompt';
    case 'timeout':
      return `no login prompt within ${timeoutMs / 1000} s`;
    default:
      return wait satisfies never;
  }
}

function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map((pattern) => pattern.source).join('|'), 'm');
}
