import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runForStatus } from '../../../src/host/process.ts';
import type { Environment } from '../../../src/model/request.ts';
import { folderTree } from '../../support/folder-tree.ts';

const MODULES = fileURLToPath(new URL('../../../lib/python', import.meta.url));

/** What a program of an element does first, and one message of each kind. */
const PROGRAM = `
import logging
from diskimage_builder import logging_config
logging_config.setup()
logging.getLogger("squash").debug("looked")
logging.getLogger("squash").info("merged")
`;

async function log(env: Environment): Promise<readonly string[]> {
  const { stdout, stderr } = await runForStatus('python3', ['-B', '-c', PROGRAM], {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', PYTHONPATH: MODULES, ...env },
  });
  expect(stdout).toBe('');
  return stderr.trimEnd().split('\n');
}

describe('the logging of Python programs in elements', () => {
  test('tells what is done, and with DIB_DEBUG_TRACE each detail with its place', async () => {
    expect(await log({})).toEqual(['INFO squash merged']);
    expect(await log({ DIB_DEBUG_TRACE: '0' })).toEqual(['INFO squash merged']);
    expect(await log({ DIB_DEBUG_TRACE: '1' })).toEqual(['DEBUG squash looked (<string>:5)', 'INFO squash merged']);
  });

  test('follows DIB_PYTHON_LOGGING_CONFIG_FILE, which may name the formatter of diskimage-builder', {
    tags: ['trace.python-logging'],
  }, async () => {
    const settings = {
      version: 1,
      formatters: {
        own: { '()': 'diskimage_builder.logging_config.DibFormatter', fmt: '<%(message)s>', debug_suffix: '!' },
      },
      handlers: { own: { class: 'logging.StreamHandler', formatter: 'own' } },
      root: { level: 'DEBUG', handlers: ['own'] },
    };
    await using folder = await folderTree({ 'log.json': JSON.stringify(settings) });

    expect(await log({ DIB_PYTHON_LOGGING_CONFIG_FILE: `${folder.path}/log.json` })).toEqual(['<looked>!', '<merged>']);
  });

  test('leaves other modules to an installed diskimage-builder', async () => {
    await using folder = await folderTree({
      'diskimage_builder/__init__.py': '',
      'diskimage_builder/paths.py': 'WHERE = "installed"\n',
    });
    const { stdout } = await runForStatus(
      'python3',
      ['-B', '-c', 'from diskimage_builder import paths; print(paths.WHERE)'],
      {
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', PYTHONPATH: `${MODULES}:${folder.path}` },
      },
    );

    expect(stdout).toBe('installed\n');
  });
});
