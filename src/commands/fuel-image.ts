import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { exitStatusOf, IngotError, toErrorReport } from '../model/error.ts';
import { openReporter } from '../report/reporter.ts';
import { FUEL_IMAGE_HELP, type FuelImageCall, parseFuelImage } from '../spec/fuel-image.ts';
import { type FuelRequest, readFuelRequest } from '../spec/fuel-request.ts';
import { buildTargetImages, WELL_KNOWN_PASSWORD } from './build-target-images.ts';
import type { Caller } from './caller.ts';
import { complain, ingotExitStatusOf } from './error-text.ts';
import { cacheFolder } from './machine-folder.ts';
import { watchStopSignals } from './stop-signals.ts';
import { VERSION } from './version.ts';

/**
 * The command `fuel-image`.
 * @returns the exit status: 0, 2 for a command line or request that cannot be understood, 129, 130 or 143 for a signal, else 1
 */
export async function main(caller: Caller): Promise<number> {
  try {
    return await fuelImage(caller);
  } catch (error) {
    const report = toErrorReport(error);
    complain(caller, caller.command, report);
    return ingotExitStatusOf(report);
  }
}

async function fuelImage(caller: Caller): Promise<number> {
  const call = parseFuelImage(caller.words);
  switch (call.kind) {
    case 'help':
      caller.stdout.write(FUEL_IMAGE_HELP);
      return 0;
    case 'version':
      caller.stdout.write(`${VERSION}\n`);
      return 0;
    case 'check':
      readFuelRequest(await textOf(caller, call));
      return 0;
    case 'build':
      return await build(caller, readFuelRequest(await textOf(caller, call)));
    default:
      return call satisfies never;
  }
}

type BuildCall = Extract<FuelImageCall, { readonly kind: 'build' | 'check' }>;

/** @throws IngotError `USAGE` for a file that cannot be read */
async function textOf(caller: Caller, { request }: BuildCall): Promise<string> {
  switch (request.kind) {
    case 'text':
      return request.text;
    case 'input':
      return await caller.readInput();
    case 'file':
      return await readFile(path.resolve(caller.workingFolder, request.path), 'utf8').catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new IngotError('USAGE', `The request cannot be read: ${reason}`, { cause });
      });
    default:
      return request satisfies never;
  }
}

async function build(caller: Caller, request: FuelRequest): Promise<number> {
  if (request.rootPassword === undefined)
    caller.stderr.write(
      `${caller.command}: warning: root gets the well-known password ${WELL_KNOWN_PASSWORD}; set root_password or hashed_root_password\n`,
    );
  using watch = watchStopSignals(caller);
  const reporter = await openReporter({
    ...caller,
    view: 'none',
    hasTimestamps: true,
    hasColours: false,
    logFolder: path.join(cacheFolder(caller), 'logs'),
    now: Date.now,
  });
  try {
    const outcome = await buildTargetImages(caller, request, { onEvent: reporter.take, signal: watch.signal });
    const names = request.images.map(({ name }) => name).join(', ');
    const said = outcome === 'found' ? 'All necessary images are available' : 'Images built';
    caller.stdout.write(`${said} in ${request.output}: ${names}\n`);
    return 0;
  } catch (error) {
    const report = toErrorReport(error);
    complain(caller, caller.command, report);
    return watch.status() ?? exitStatusOf(report);
  } finally {
    await reporter.close();
  }
}
