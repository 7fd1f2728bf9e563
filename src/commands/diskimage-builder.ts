import { exitStatusOf, toErrorReport } from '../model/error.ts';
import { redactorFor } from '../report/redact.ts';
import { DISKIMAGE_BUILDER_HELP, parseDiskimageBuilder } from '../spec/diskimage-builder.ts';
import { commandText } from '../spec/image-command.ts';
import type { Caller } from './caller.ts';
import { buildAsAsked } from './disk-image-create.ts';
import { complain, ingotExitStatusOf } from './error-text.ts';
import { type CheckedImageBuild, checkImageBuilds, type ImageBuild, readImageBuilds } from './image-builds.ts';
import { type StopWatch, watchStopSignals } from './stop-signals.ts';

/**
 * The command `diskimage-builder`.
 * @returns the exit status: 0, 1 when an image could not be built or a file is wrong, 2 for a command line that cannot be understood,
 *   129, 130 or 143 for a signal
 */
export async function main(caller: Caller): Promise<number> {
  try {
    return await diskimageBuilder(caller);
  } catch (error) {
    const report = toErrorReport(error);
    complain(caller, caller.command, report);
    return ingotExitStatusOf(report);
  }
}

async function diskimageBuilder(caller: Caller): Promise<number> {
  const call = parseDiskimageBuilder(caller.words);
  if (call.kind === 'help') {
    caller.stdout.write(DISKIMAGE_BUILDER_HELP);
    return 0;
  }
  const builds = await readImageBuilds(caller, call.files);
  if (call.isDryRun) {
    for (const build of builds) announce(caller, build);
    return 0;
  }
  const checked = await checkImageBuilds(caller, builds);
  using watch = watchStopSignals(caller);
  const failed: { readonly name: string; readonly status: number }[] = [];
  for (const build of checked) {
    announce(caller, build);
    const status = await buildImage(build, watch);
    const stopped = watch.status();
    if (stopped !== undefined) return stopped;
    if (status !== 0) failed.push({ name: build.image.name, status });
    if (failed.length > 0 && call.stopsOnFailure) break;
  }
  if (failed.length === 0) return 0;
  const lines = failed.map(({ name, status }) => `  ${name}: status ${status}\n`);
  caller.stderr.write(`${caller.command}: ${failed.length} of ${checked.length} images failed\n${lines.join('')}`);
  return 1;
}

/** The command of an image on standard error, without secrets. */
function announce(caller: Caller, { command }: ImageBuild): void {
  const redactor = redactorFor({ ...caller.environment, ...command.environment });
  caller.stderr.write(`${redactor.text(commandText(command))}\n\n`);
}

/** A build that cannot begin is one that failed. */
async function buildImage({ call, caller }: CheckedImageBuild, watch: StopWatch): Promise<number> {
  try {
    return await buildAsAsked(caller, call, watch);
  } catch (error) {
    const report = toErrorReport(error);
    complain(caller, caller.command, report);
    return exitStatusOf(report);
  }
}
