import { CONTAINER_TOOLS } from '../build/pack-target-image.ts';
import { factsOf } from '../formats/registry.ts';
import { writtenFormats } from '../formats/written-formats.ts';
import { findProgram } from '../host/tool-check.ts';
import { HOST_TOOLS, packageOfTool } from '../host/tools.ts';
import { IngotError } from '../model/error.ts';
import type { BuildRequest } from '../model/request.ts';

/**
 * Makes sure, before anything long begins, that the programs are there that every build of this kind runs.
 * @throws IngotError `TOOL_MISSING` naming all that are missing, who needs them and the packages that have them
 */
export async function checkTools(request: BuildRequest): Promise<void> {
  const searchPath = request.environment.PATH ?? '';
  const missing: { readonly command: string; readonly feature: string }[] = [];
  for (const tool of toolsOf(request)) {
    if ((await findProgram(tool.command, searchPath)) === undefined) missing.push(tool);
  }
  const [first, ...others] = missing;
  if (first === undefined) return;
  const packages = [...new Set(missing.map(({ command }) => packageOfTool(command) ?? command))];
  throw new IngotError(
    'TOOL_MISSING',
    others.length === 0
      ? `The program ${first.command} is not installed, and ${first.feature} needs it`
      : `${missing.length} programs are not installed: ${missing.map(({ command, feature }) => `${command} (for ${feature})`).join(', ')}`,
    { hint: `Run: ingot doctor --install, or: apt-get install ${packages.join(' ')}` },
  );
}

function toolsOf(request: BuildRequest): readonly { readonly command: string; readonly feature: string }[] {
  const everyBuild = HOST_TOOLS.filter((tool) => tool.feature === 'every build' && tool.file === undefined);
  const formats = writtenFormats(request, []).flatMap((format) =>
    factsOf(format)
      .tools(request)
      .map((command) => ({ command, feature: `the format ${format}` })),
  );
  const containers = (request.targetImages?.images ?? []).flatMap(({ container }) =>
    CONTAINER_TOOLS[container].map((command) => ({ command, feature: `images under ${container}` })),
  );
  return [...everyBuild, ...formats, ...new Map(containers.map((tool) => [tool.command, tool])).values()];
}
