import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../src/host/process.ts';
import type { Environment } from '../src/model/request.ts';

/** What a command took, with every process that it waited for. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system seconds together. */
  readonly cpuSeconds: number;
}

export interface Measured {
  readonly cost: Cost;
  readonly stdout: string;
}

const TIMED = fileURLToPath(new URL('timed', import.meta.url));

/**
 * Runs a command and measures it.
 * @throws IngotError `TOOL_FAILED` with the last lines of its output when it fails
 */
export async function measure(command: readonly string[], env: Environment): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-bench-'));
  const file = join(folder, 'cost');
  try {
    const { stdout } = await run(TIMED, [file, ...command], { env });
    return { cost: parseCost(await readFile(file, 'utf8')), stdout };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Reads what `bench/timed` writes: wall, user and system seconds, last on its only line. */
export function parseCost(text: string): Cost {
  const [wall, user, system] = text.trim().split(/\s+/).map(Number);
  if (wall === undefined || user === undefined || system === undefined) throw new Error(`No cost in "${text}"`);
  return { wallSeconds: wall, cpuSeconds: user + system };
}

/** The cost in the middle, by wall seconds and by CPU seconds apart. */
export function medianCost(costs: readonly Cost[]): Cost {
  return {
    wallSeconds: median(costs.map((cost) => cost.wallSeconds)),
    cpuSeconds: median(costs.map((cost) => cost.cpuSeconds)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
