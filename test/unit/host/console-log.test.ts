import { describe, expect, it } from 'vitest';
import { ConsoleLog } from '../../../src/host/console-log.ts';

describe('the log of a console', () => {
  it('finds a text that comes in pieces, without control sequences', async () => {
    const log = new ConsoleLog();
    const waiting = log.waitFor(/Welcome to Debian/, 5000);

    for (const piece of ['Linux\r\nWelc', 'ome to \u001b', '[1', 'mDebian\u001b[0m 12\r\n']) log.add(piece);

    expect(await waiting).toEqual({ kind: 'matched', line: 'Welcome to Debian 12' });
  });

  it('finds what came before the wait', async () => {
    const log = new ConsoleLog();
    log.add('host login: ');

    expect(await log.waitFor(/login:/, 1)).toEqual({ kind: 'matched', line: 'host login:' });
  });

  it('ends a wait when the machine ends, when time is up and when it is stopped', async () => {
    const log = new ConsoleLog();
    const stop = new AbortController();
    const stopped = expect(log.waitFor(/x/, 5000, stop.signal)).rejects.toThrow('stopped by the test');
    stop.abort(new Error('stopped by the test'));
    const ending = log.waitFor(/x/, 5000);

    expect(await log.waitFor(/x/, 1)).toEqual({ kind: 'timeout' });
    log.end();

    expect(await ending).toEqual({ kind: 'ended' });
    await stopped;
  });

  it('keeps the last state of lines that rewrite themselves in its tail', () => {
    const log = new ConsoleLog();
    log.add('one\r\n\r\n10%\r100%\r\nthree');

    expect(log.tail).toEqual(['one', '100%', 'three']);
  });
});
