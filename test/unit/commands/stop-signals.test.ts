import { describe, expect, it } from 'vitest';
import { watchStopSignals } from '../../../src/commands/stop-signals.ts';
import { testCaller } from '../../support/test-caller.ts';

describe('the watch over stop signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('aborts at %s and remembers the status %i', (name, status) => {
    const caller = testCaller('ingot');
    using watch = watchStopSignals(caller);

    expect(watch.status()).toBeUndefined();
    caller.send(name);

    expect(watch.signal.aborted).toBe(true);
    expect(watch.status()).toBe(status);
    expect(caller.exits).toEqual([]);
  });

  it('ends the process at a later signal, with the status of the first', () => {
    const caller = testCaller('ingot');
    let time = 1000;
    using _watch = watchStopSignals(caller, () => time);

    caller.send('SIGINT');
    time += 500;
    caller.send('SIGTERM');

    expect(caller.exits).toEqual([130]);
  });

  it('takes a signal that comes twice at once for one', () => {
    const caller = testCaller('ingot');
    let time = 1000;
    using watch = watchStopSignals(caller, () => time);

    caller.send('SIGTERM');
    time += 499;
    caller.send('SIGTERM');

    expect(watch.status()).toBe(143);
    expect(caller.exits).toEqual([]);
  });

  it('leaves Ctrl-C to a shell that has the terminal, and SIGTERM not', () => {
    const caller = testCaller('ingot');
    using watch = watchStopSignals(caller);

    watch.lendTerminal(true);
    caller.send('SIGINT');
    expect(watch.signal.aborted).toBe(false);

    caller.send('SIGTERM');
    expect(watch.status()).toBe(143);
  });

  it('hears Ctrl-C again when the shell has ended', () => {
    const caller = testCaller('ingot');
    using watch = watchStopSignals(caller);

    watch.lendTerminal(true);
    watch.lendTerminal(false);
    caller.send('SIGINT');

    expect(watch.status()).toBe(130);
  });

  it('listens no more when it is disposed of', () => {
    const caller = testCaller('ingot');
    const watch = watchStopSignals(caller);

    watch[Symbol.dispose]();
    caller.send('SIGINT');

    expect(watch.signal.aborted).toBe(false);
  });
});
