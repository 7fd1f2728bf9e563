import { describe, expect, it } from 'vitest';
import { measure, medianCost, parseCost } from '../../../bench/measure.ts';
import { judge, renderTable } from '../../../bench/table.ts';

const peer = { wallSeconds: 50, cpuSeconds: 40 };

describe('a measured command', () => {
  it('costs what it and its children took', async () => {
    const spin = 'for ((i = 0; i < 200000; i++)); do :; done; echo done';

    const { cost, stdout } = await measure(['bash', '-c', `bash -c '${spin}'`], { PATH: '/usr/bin:/bin' });

    expect(stdout).toBe('done\n');
    expect(cost.cpuSeconds).toBeGreaterThan(0.05);
    expect(cost.wallSeconds).toBeGreaterThan(0.05);
  });

  it('is an error when it fails, with what it printed', async () => {
    const failing = measure(['bash', '-c', 'echo no such mirror >&2; exit 7'], { PATH: '/usr/bin:/bin' });

    await expect(failing).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('status 7'),
      details: { tail: expect.arrayContaining(['no such mirror']) },
    });
  });

  it('has user and system seconds in its CPU seconds', () => {
    expect(parseCost('12.500 3.250 0.750\n')).toEqual({ wallSeconds: 12.5, cpuSeconds: 4 });
  });

  it('is represented by the middle of its rounds', () => {
    const costs = [9, 1, 5].map((seconds) => ({ wallSeconds: seconds, cpuSeconds: 10 - seconds }));

    expect(medianCost(costs)).toEqual({ wallSeconds: 5, cpuSeconds: 5 });
  });
});

describe('the table of a benchmark', () => {
  it('compares with the peer and says whether a ratio is reached', () => {
    const line = { id: 'a', title: 'a', cost: { wallSeconds: 25, cpuSeconds: 20 }, peer };

    expect(judge({ ...line, target: { kind: 'cpu-ratio', atMost: 0.55 } })).toMatchObject({
      wallRatio: 0.5,
      cpuRatio: 0.5,
      isMet: true,
    });
    expect(judge({ ...line, target: { kind: 'cpu-ratio', atMost: 0.4 } })).toMatchObject({ isMet: false });
  });

  it('says nothing of a ratio when the peer did not run', () => {
    const verdict = judge({ id: 'a', title: 'a', cost: peer, target: { kind: 'cpu-ratio', atMost: 0.55 } });

    expect(verdict.isMet).toBeUndefined();
    expect(verdict.cpuRatio).toBeUndefined();
  });

  it('prints each target next to what was reached', () => {
    const cost = { wallSeconds: 1.25, cpuSeconds: 1 };
    const verdict = judge({ id: 'a', title: 'unchanged', cost, peer, target: { kind: 'wall-seconds', atMost: 1 } });

    expect(renderTable([verdict]).join('\n')).toMatch(/^unchanged +1\.3 +1\.0 +0\.03 +0\.03 {3}wall ≤ 1 s: MISSED$/m);
  });
});
