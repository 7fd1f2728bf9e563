import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { IngotError, toErrorReport } from '../model/error.ts';
import type { BuildEvent } from '../model/events.ts';
import { openReporter } from '../report/reporter.ts';
import { FUEL_IMAGE_HELP, type FuelImageCall, parseFuelImage, type RequestSource } from '../spec/fuel-image.ts';
import { type FuelRequest, readFuelRequest } from '../spec/fuel-request.ts';
import { buildTargetImages, WELL_KNOWN_PASSWORD } from './build-target-images.ts';
import type { Caller } from './caller.ts';
import { complain, ingotExitStatusOf } from './error-text.ts';
import { fuelJobOf, runFuelJob, secretsOf } from './fuel-job.ts';
import { cancel, status, submit, wait } from './fuel-job-commands.ts';
import { cacheFolder } from './machine-folder.ts';
import { VERSION } from './version.ts';

/**
 * The command `fuel-image`.
 * @returns the exit status: 0, 2 for a command line or request that cannot be understood, 124 when time was up, 129, 130 or 143 for a signal,
 *   else 1; of `wait` that of the job
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
  const call = parseFuelImage(caller.words, caller.environment);
  switch (call.kind) {
    case 'help':
      caller.stdout.write(FUEL_IMAGE_HELP);
      return 0;
    case 'version':
      caller.stdout.write(`${VERSION}\n`);
      return 0;
    case 'check':
      readFuelRequest(await textOf(caller, call.request));
      return 0;
    case 'build':
    case 'run':
      return await build(caller, readFuelRequest(await textOf(caller, call.request)), call);
    case 'submit': {
      const text = await textOf(caller, call.request);
      return await submit(caller, readFuelRequest(text), text, call.deadlineSeconds);
    }
    case 'status':
      return await status(caller, call.id);
    case 'wait':
      return await wait(caller, call.id, call.timeoutSeconds);
    case 'cancel':
      return await cancel(caller, call.id);
    default:
      return call satisfies never;
  }
}

type BuildCall = Extract<FuelImageCall, { readonly kind: 'build' | 'submit' | 'run' }>;

/** @throws IngotError `USAGE` for a file that cannot be read */
async function textOf(caller: Caller, request: RequestSource): Promise<string> {
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

async function build(caller: Caller, request: FuelRequest, call: BuildCall): Promise<number> {
  if (request.rootPassword === undefined)
    caller.stderr.write(
      `${caller.command}: warning: root gets the well-known password ${WELL_KNOWN_PASSWORD}; set root_password or hashed_root_password\n`,
    );
  const options = { deadlineSeconds: call.deadlineSeconds, isDetached: call.kind === 'run' };
  return await runFuelJob(caller, fuelJobOf(caller, request), options, async ({ onEvent, signal }) => {
    const reporter = await openReporter({
      ...caller,
      environment: secretsOf(caller, request),
      view: 'none',
      hasTimestamps: true,
      hasColours: false,
      logFolder: path.join(cacheFolder(caller), 'logs'),
      now: Date.now,
    });
    const both = (event: BuildEvent): void => {
      reporter.take(event);
      onEvent(event);
    };
    try {
      return await buildTargetImages(caller, request, { onEvent: both, signal });
    } finally {
      await reporter.close();
    }
  });
}
