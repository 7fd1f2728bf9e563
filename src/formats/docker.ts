import { run } from '../host/process.ts';
import { IngotError } from '../model/error.ts';
import type { FormatFacts, FormatInput } from './format-writer.ts';
import { pipeTree } from './tree-archive.ts';

/** `docker`: the root tree as an image of the Docker daemon, under the name that the user gave. It leaves no file. */
export const dockerFormat = {
  source: 'tree',
  tools: () => ['tar', 'docker'],
  check: async ({ dockerTarget, environment }) => {
    const words = ['version', '--format', '{{.Server.Version}}'];
    await run('docker', words, { env: environment }).catch((error: unknown) => {
      const message = `The Docker daemon, which the image ${dockerTarget} should go to, does not answer`;
      const hint = 'Start it, or name another one in DOCKER_HOST. The format oci needs no daemon.';
      throw explained(error, 'OUTPUT_UNWRITABLE', message, hint);
    });
  },
} as const satisfies FormatFacts;

/**
 * Pipes the archive of the tree to `docker import`.
 * @throws IngotError `TOOL_FAILED` with what docker says, `CANCELLED`
 */
export async function importIntoDocker(
  input: Pick<FormatInput, 'source' | 'epoch' | 'wish' | 'emit' | 'signal'>,
): Promise<void> {
  const { dockerTarget = '' } = input.wish;
  const id = await pipeTree(input, `docker import - ${dockerTarget}`).catch((error: unknown) => {
    const hint = 'The last lines are those of docker import.';
    throw explained(error, 'TOOL_FAILED', `Docker did not take the image ${dockerTarget}`, hint);
  });
  input.emit({ kind: 'message', level: 'info', text: `Docker has the image ${dockerTarget} as ${id}` });
}

/** The failure of a program in words for who asked for the image; anything else as it is. */
function explained(error: unknown, code: 'OUTPUT_UNWRITABLE' | 'TOOL_FAILED', message: string, hint: string): unknown {
  if (!(error instanceof IngotError) || error.code !== 'TOOL_FAILED') return error;
  return new IngotError(code, message, { hint, tail: error.details.tail, cause: error });
}
