import { readFile } from 'node:fs/promises';
import { digestOf, type KeyFields } from '../layers/key.ts';
import type { Freshness, StepRecord } from '../layers/store.ts';
import { PHASES } from '../model/phase.ts';
import type { Step } from '../plan/steps.ts';
import type { BuildContext } from './build-context.ts';
import { INITRAMFS_SHORTCUTS, QUICK_INITRAMFS_FUNCTIONS, STAND_INS } from './library-files.ts';

/** Counts the ways in which the engine's own steps have changed what they write. */
const ENGINE_GENERATION = '7';

/** What a step's layer is known by, beside the layers before it. */
export async function stepRecord(context: BuildContext, step: Step): Promise<StepRecord> {
  const { fields, freshness } = await describe(context, step);
  return { step: step.id, fields: { engine: ENGINE_GENERATION, step: step.id, ...fields }, freshness };
}

async function describe(context: BuildContext, step: Step): Promise<{ fields: KeyFields; freshness: Freshness }> {
  const { inputs, plannedEnvironment, repositories, request } = context;
  switch (step.kind) {
    case 'hook': {
      const seen = await inputs.fieldsOf(step.hook, plannedEnvironment, {
        packages: repositories.identity,
        baseImage: context.baseImageVersion,
      });
      const fields = PHASES[step.phase].isFinalTree ? { ...seen, 'disk identity': context.identity } : seen;
      return { fields, freshness: inputs.freshnessOf(step.hook) };
    }
    case 'prepare-tree':
      return tracked({ 'install type': request.defaultInstallType, 'stand-ins': await standInsDigest() });
    case 'packages':
      return tracked({ packages: step.packages.join(' '), 'package indices': repositories.identity });
    case 'fstab':
      return tracked({ fstab: step.isLayoutSure ? context.layout.fstab : '', size: JSON.stringify(request.size) });
    case 'initramfs':
      return tracked({ epoch: String(repositories.epoch), functions: await initramfsDigest() });
    case 'finish-tree':
      return tracked({});
    case 'break':
      return { fields: {}, freshness: 'always-runs' };
    default:
      return step satisfies never;
  }
}

async function standInsDigest(): Promise<string> {
  const contents = await Promise.all(
    STAND_INS.map(async ({ source, target }) => [target, await readFile(source, 'utf8')]),
  );
  return digestOf(JSON.stringify(contents));
}

async function initramfsDigest(): Promise<string> {
  const sources = [INITRAMFS_SHORTCUTS, ...QUICK_INITRAMFS_FUNCTIONS].map(({ source }) => source);
  return digestOf((await Promise.all(sources.map(async (source) => await readFile(source, 'utf8')))).join('\n'));
}

function tracked(fields: KeyFields): { fields: KeyFields; freshness: Freshness } {
  return { fields, freshness: 'tracked' };
}
