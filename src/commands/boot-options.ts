import path from 'node:path';
import { FIRMWARES, type Firmware } from '../host/firmware.ts';
import { IngotError, type Issue } from '../model/error.ts';

/** Options of `ingot boot` as commander hands them over. */
export interface BootValues {
  readonly firmware: string;
  readonly accel: string;
  readonly memory: string;
  readonly timeout: string;
  readonly user: string;
  readonly cpus?: string;
  readonly size?: string;
  readonly seed?: string;
  readonly identity?: string;
  readonly check?: boolean;
  readonly ssh?: boolean;
  readonly write?: boolean;
}

/** What `ingot boot` is to do. */
export interface BootWish {
  /** Absolute path. */
  readonly image: string;
  readonly firmware: Firmware;
  readonly accel: 'auto' | 'kvm' | 'tcg';
  readonly memoryMib: number;
  readonly cpus: number;
  readonly timeoutMs: number;
  readonly size?: string;
  /** Absolute path of a folder or file. */
  readonly seed?: string;
  readonly writesImage: boolean;
  readonly checks: boolean;
  readonly ssh?: { readonly user: string; readonly identity?: string; readonly command: readonly string[] };
}

const ACCELS = ['auto', 'kvm', 'tcg'] as const;

/**
 * Understands the options of `ingot boot`.
 * @param folder the caller's current folder
 * @throws IngotError `USAGE` with every fault
 */
export function readBootWish(image: string, command: readonly string[], values: BootValues, folder: string): BootWish {
  const issues: Issue[] = [];
  const firmware = choice('--firmware', FIRMWARES, values.firmware, issues) ?? 'bios';
  const accel = choice('--accel', ACCELS, values.accel, issues) ?? 'auto';
  const memoryMib = count('--memory', values.memory, issues);
  const cpus = count('--cpus', values.cpus ?? '1', issues);
  const seconds = count('--timeout', values.timeout, issues);
  if (values.size !== undefined && !/^\d+[KMGT]?$/.test(values.size))
    issues.push({ message: `--size takes a number with K, M, G or T behind it, not "${values.size}"` });
  if (values.write === true && values.size !== undefined)
    issues.push({ message: '--size grows a copy of the image and --write writes the image itself: use one of them' });
  if (values.ssh !== true && (command.length > 0 || values.identity !== undefined))
    issues.push({ message: 'A command and --identity are for --ssh' });
  const [first] = issues;
  if (first !== undefined)
    throw new IngotError('USAGE', issues.length === 1 ? first.message : 'Some options cannot be understood', {
      hint: 'See: ingot boot --help',
      issues: issues.length === 1 ? undefined : issues,
    });
  return {
    image: path.resolve(folder, image),
    ...{ firmware, accel, memoryMib, cpus },
    timeoutMs: seconds * 1000,
    size: values.size,
    seed: values.seed === undefined ? undefined : path.resolve(folder, values.seed),
    writesImage: values.write === true,
    checks: values.check === true,
    ssh: values.ssh === true ? sshWish(values, command, folder) : undefined,
  };
}

function sshWish(values: BootValues, command: readonly string[], folder: string): BootWish['ssh'] {
  const identity = values.identity === undefined ? undefined : path.resolve(folder, values.identity);
  return { user: values.user, identity, command };
}

function choice<T extends string>(name: string, known: readonly T[], value: string, issues: Issue[]): T | undefined {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) issues.push({ message: `${name} is one of ${known.join(', ')}, not "${value}"` });
  return found;
}

function count(name: string, value: string, issues: Issue[]): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  issues.push({ message: `${name} takes a whole number above 0, not "${value}"` });
  return 1;
}
