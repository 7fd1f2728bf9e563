import { answerDracutModules } from '../elements/dracut-modules.ts';
import { answerPkgMap } from '../elements/pkg-map-command.ts';
import { answerPackageInstalls, answerSvcMap, type ElementContext } from '../elements/request-answers.ts';
import type { RequestHandler } from './request-channel.ts';

/** What hooks can ask of the builder's knowledge of elements, by verb. */
export function elementHandlers(context: ElementContext): Readonly<Record<string, RequestHandler>> {
  return {
    'dracut-modules': async (call) => answerDracutModules(call),
    'package-installs': async (call) => await answerPackageInstalls(call, context),
    'pkg-map': async (call) => await answerPkgMap(call, context),
    'svc-map': async (call) => await answerSvcMap(call, context),
  };
}
