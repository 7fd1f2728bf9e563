import { IngotError } from '../model/error.ts';
import type { Environment } from '../model/request.ts';

/** How patient downloads are with servers. */
export interface FetchPatience {
  /** Tries for one file, the first one included. */
  readonly attempts: number;
  /** Milliseconds without a byte after which an attempt has failed. */
  readonly timeoutMs: number;
}

/**
 * Reads the patience from the variables `INGOT_FETCH_ATTEMPTS` [5] and `INGOT_FETCH_TIMEOUT`, in seconds [30].
 * @throws IngotError `USAGE`
 */
export function fetchPatienceOf(environment: Environment): FetchPatience {
  return {
    attempts: readNumber(environment, 'INGOT_FETCH_ATTEMPTS', 5, 100),
    timeoutMs: readNumber(environment, 'INGOT_FETCH_TIMEOUT', 30, 3600) * 1000,
  };
}

function readNumber(environment: Environment, name: string, fallback: number, most: number): number {
  const text = environment[name] ?? '';
  if (text === '') return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new IngotError('USAGE', `${name} has to be a whole number from 1 to ${most}, not "${text}"`);
}
