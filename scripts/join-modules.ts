/**
 * Joins the modules of each command to a few files in `dist/bin`, or below another folder: opening three hundred takes longer than running
 * them. `bin/ingot` takes the source itself where it is newer. They lie as deep as the source does, so that both find `lib/` and `elements/`
 * at the same relative paths. Without the packages for development there is nothing to join with, and nothing to do.
 *
 * usage: node scripts/join-modules.ts [FOLDER]
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { parse } from 'node:path';

const folder = process.argv[2] ?? 'dist';
const aside = `${folder}.${process.pid}`;

const rolldown = await import('rolldown').catch((error: NodeJS.ErrnoException) => {
  if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
  throw error;
});
if (rolldown !== undefined) {
  const names = (await readdir('src/bin')).map((file) => parse(file).name);
  await rolldown.build({
    input: Object.fromEntries(names.map((name) => [name, `src/bin/${name}.ts`])),
    platform: 'node',
    // Packages of ingot set its version in that file.
    external: /\/package\.json$/,
    logLevel: 'warn',
    output: { dir: `${aside}/bin`, format: 'esm' },
  });
  await rm(folder, { recursive: true, force: true });
  await rename(aside, folder);
}
