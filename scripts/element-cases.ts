import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runForStatus } from '../src/host/process.ts';
import type { Environment } from '../src/model/request.ts';

/** An element's own test: an element that is built with the one it tests, in `ELEMENT/test-elements/CASE`. */
export interface ElementCase {
  readonly element: string;
  readonly name: string;
  /** From the file `element-type`; `disk` without one. */
  readonly kind: 'disk' | 'ramdisk';
  /** From the file `test-output-formats`; tar without one. */
  readonly formats: readonly string[];
}

/** How a case went; `reason` says why it failed. */
export type CaseResult =
  | { readonly outcome: 'passed'; readonly seconds: number }
  | { readonly outcome: 'failed'; readonly seconds: number; readonly reason: string };

export interface CaseRunOptions {
  /** Absolute path of the elements that are tested. */
  readonly elements: string;
  readonly env: Environment;
  /** Absolute path of the file that gets all output. */
  readonly log: string;
}

/**
 * Finds the tests of a folder of elements.
 * @param elements absolute path
 * @returns sorted by element and name
 */
export async function findCases(elements: string): Promise<readonly ElementCase[]> {
  const cases: ElementCase[] = [];
  for (const element of await folderNames(elements)) {
    const folder = join(elements, element, 'test-elements');
    for (const name of await folderNames(folder)) {
      const kind = (await word(join(folder, name, 'element-type'))) === 'ramdisk' ? 'ramdisk' : 'disk';
      const formats = ((await word(join(folder, name, 'test-output-formats'))) ?? 'tar').split(',');
      cases.push({ element, name, kind, formats });
    }
  }
  return cases;
}

/** A hook that is meant to fail says so with this file in the tree. */
const MARK = 'dib-test-should-fail';

/**
 * Builds a case. It passes when the build succeeds; or, where a hook says that it is meant to fail, when it fails.
 */
export async function runCase(one: ElementCase, { elements, env, log }: CaseRunOptions): Promise<CaseResult> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-case-'));
  const startedAt = Date.now();
  try {
    const image = join(folder, 'out', 'image');
    await mkdir(join(folder, 'out'));
    const { status, stdout, stderr } = await runForStatus(program(one), words(one, image), {
      cwd: folder,
      env: {
        ...env,
        ELEMENTS_PATH: [join(elements, one.element, 'test-elements'), elements].join(delimiter),
        DIB_SHOW_IMAGE_USAGE: '1',
        // Before post-root.d too, because /tmp is empty in the image.
        break: 'after-error,before-post-root',
        break_outside_target: '1',
        break_cmd: `cp "$TMP_MOUNT_PATH/tmp/${MARK}" ${folder} 2>/dev/null || true`,
      },
    });
    await writeFile(log, stdout + stderr);
    const isMeantToFail = (await readdir(folder)).includes(MARK);
    const reason =
      status === 0
        ? faultOfSuccess(one, isMeantToFail, await readdir(join(folder, 'out')))
        : isMeantToFail
          ? undefined
          : await reasonOf(stdout, stderr);
    const seconds = (Date.now() - startedAt) / 1000;
    return reason === undefined ? { outcome: 'passed', seconds } : { outcome: 'failed', seconds, reason };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function program({ kind }: ElementCase): string {
  return fileURLToPath(new URL(`../bin/${kind}-image-create`, import.meta.url));
}

function words({ kind, element, name, formats }: ElementCase, image: string): readonly string[] {
  const own = kind === 'disk' ? ['-n', '-t', formats.join(',')] : [];
  return ['-x', ...own, '-o', image, element, name];
}

function faultOfSuccess(one: ElementCase, isMeantToFail: boolean, files: readonly string[]): string | undefined {
  if (isMeantToFail) return 'a hook says that the build has to fail, and it did not';
  const wanted = one.kind === 'ramdisk' ? ['initramfs', 'kernel'] : one.formats;
  const missing = wanted.map((extension) => `image.${extension}`).filter((file) => !files.includes(file));
  return missing.length === 0 ? undefined : `the build made no ${missing.join(', ')}`;
}

/** What the build says of its end: in its events where it came so far, else in its last line. */
async function reasonOf(stdout: string, stderr: string): Promise<string> {
  const file = /The whole log: (.+)$/m.exec(stdout)?.[1];
  if (file === undefined) return (stderr || stdout).trimEnd().split('\n').at(-1) ?? '';
  const last = JSON.parse((await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) ?? '{}');
  return `${last.error.code}: ${last.error.message}`;
}

async function folderNames(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const areFolders = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).isDirectory()));
  return names.filter((_, index) => areFolders[index]);
}

async function word(file: string): Promise<string | undefined> {
  return (await readFile(file, 'utf8').catch(() => undefined))?.trim();
}
