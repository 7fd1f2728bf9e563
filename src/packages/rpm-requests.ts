import { IngotError } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import { bootstrapRpm } from './bootstrap-rpm.ts';
import type { PackageAnswer, PackageCall } from './package-requests.ts';
import { rpmSetupOf } from './rpm-setup.ts';

/** What the requests for RPM packages of a build have in common. */
export interface RpmContext {
  readonly isOffline: boolean;
  /** The folder for indices and packages, once somebody needs it. */
  readonly cache: () => Promise<string>;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal;
}

/**
 * Answers `bootstrap-rpm TREE PACKAGE...`: makes a system of these packages in an empty folder, from the repositories that the hook's
 * environment names.
 * @throws IngotError as `bootstrapRpm` and `rpmSetupOf` do; `USAGE` when the request cannot be understood
 */
export async function answerBootstrapRpm(call: PackageCall, context: RpmContext): Promise<PackageAnswer> {
  const [tree, ...packages] = call.args;
  if (tree === undefined || packages.length === 0)
    throw new IngotError('USAGE', `bootstrap-rpm does not understand: ${call.args.join(' ')}`, {
      hint: 'usage: bootstrap-rpm TREE PACKAGE...',
    });
  const setup = await rpmSetupOf(call.env, call.env.TMP_HOOKS_PATH ?? '');
  if (setup === undefined)
    throw new IngotError('DEFINITION_INVALID', 'The elements do not say where packages come from', {
      hint: 'An element has to set YUM and bring a folder yum.repos.d, or to set DIB_ZYPPER_REPOS.',
    });
  const { isOffline, emit, signal } = context;
  await bootstrapRpm({ setup, tree, packages, cache: await context.cache(), env: call.env, isOffline, emit, signal });
  return { status: 0, stdout: '', stderr: '' };
}
