import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HookInputs } from '../../../src/build/hook-inputs.ts';
import { readHookLibrary } from '../../../src/build/hook-library.ts';
import { HOOK_LIBRARY } from '../../../src/build/library-files.ts';
import { start } from '../../../src/host/process.ts';
import { explainDifference, type KeyFields } from '../../../src/layers/key.ts';
import type { Element, Hook } from '../../../src/model/element.ts';
import type { Phase } from '../../../src/model/phase.ts';
import type { Environment } from '../../../src/model/request.ts';
import { type FileTexts, folderTree } from '../../support/folder-tree.ts';

interface Situation {
  /** The merged hook tree. */
  readonly tree: FileTexts;
  /** Files of the element `one`. */
  readonly element?: FileTexts;
  readonly env?: Environment;
  readonly indices?: string;
  readonly baseImage?: string;
  /** Files of the library that hooks source. */
  readonly library?: FileTexts;
}

const HOOK = 'install.d/10-x';

function hookOf(path: string): Hook {
  const [phase, name = ''] = path.split('/');
  const known: Phase = phase === 'install.d' || phase === 'extra-data.d' ? phase : 'finalise.d';
  return { element: 'one', phase: known, name, source: `/one/${path}` };
}

async function inputsOf(situation: Situation) {
  const folder = await folderTree({
    ...Object.fromEntries(Object.entries(situation.tree).map(([name, text]) => [`tree/${name}`, text])),
    'library/die': 'exit',
    ...Object.fromEntries(Object.entries(situation.library ?? {}).map(([name, text]) => [`library/${name}`, text])),
    ...Object.fromEntries(Object.entries(situation.element ?? {}).map(([name, text]) => [`one/${name}`, text])),
  });
  const hooks = Object.keys(situation.tree).filter((name) => /^(install|extra-data|finalise)\.d\/\d/.test(name));
  const element: Element = { name: 'one', path: join(folder.path, 'one'), needs: [], provides: [], hides: [] };
  const inputs = await HookInputs.read({
    folder: join(folder.path, 'tree'),
    hooks: hooks.map(hookOf),
    elements: [element],
    library: await readHookLibrary(join(folder.path, 'library')),
  });
  return { inputs, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
}

async function fieldsOf(situation: Situation, hook = HOOK): Promise<KeyFields> {
  await using made = await inputsOf(situation);
  return await made.inputs.fieldsOf(hookOf(hook), situation.env ?? {}, {
    packages: situation.indices ?? '',
    baseImage: situation.baseImage ?? '',
  });
}

/** What of a hook's key a change of the situation changes, in words. */
async function difference(before: Situation, after: Situation, hook = HOOK): Promise<string | undefined> {
  return explainDifference(await fieldsOf(before, hook), await fieldsOf(after, hook));
}

test('a new base image counts for the hook that asks for it, and for no other', async () => {
  const asking = { tree: { [HOOK]: '"$INGOT_CHANNEL/ingot-request" base-image "$TARGET_ROOT"' } };
  const other = { tree: { [HOOK]: 'true' } };

  expect(await difference({ ...asking, baseImage: '1' }, { ...asking, baseImage: '2' })).toContain('base image');
  expect(await difference({ ...other, baseImage: '1' }, { ...other, baseImage: '2' })).toBeUndefined();
});

describe('the files of the hook tree', () => {
  test("a hook's own text and mode count, and not those of other hooks", async () => {
    const tree = { [HOOK]: 'exec:a', 'install.d/20-y': 'exec:a', 'finalise.d/10-z': 'exec:a' };

    expect(await difference({ tree }, { tree: { ...tree, [HOOK]: 'exec:b' } })).toBe('hook changed');
    expect(await difference({ tree }, { tree: { ...tree, 'install.d/20-y': 'exec:b' } })).toBeUndefined();
    expect(await difference({ tree }, { tree: { ...tree, 'finalise.d/11-new': 'exec:b' } })).toBeUndefined();
  });

  test('a file that a hook names by its folder counts for that hook alone', async () => {
    const tree = {
      [HOOK]: 'exec:cat /tmp/in_target.d/files/motd',
      'install.d/20-y': 'exec:true',
      'files/motd': 'a',
      'other/file': 'a',
    };
    const changed = { tree: { ...tree, 'files/motd': 'b' } };

    expect(await difference({ tree }, changed)).toBe('hook tree changed');
    expect(await difference({ tree }, changed, 'install.d/20-y')).toBeUndefined();
    expect(await difference({ tree }, { tree: { ...tree, 'other/file': 'b' } })).toBeUndefined();
  });

  test.each([
    ['cp -r "$TMP_HOOKS_PATH" /x'],
    ['cd $(dirname $0)/..; cat files/motd'],
    ['source "${BASH_SOURCE[0]%/*}/../files/motd"'],
  ])('every file counts for a hook that may read any: %s', async (text) => {
    const tree = { [HOOK]: `exec:${text}`, 'files/motd': 'a' };

    expect(await difference({ tree }, { tree: { ...tree, 'files/motd': 'b' } })).toBe('hook tree changed');
  });

  test('the mode of a file that a hook reads counts', async () => {
    const tree = { [HOOK]: 'exec:cp /tmp/in_target.d/files/motd /etc', 'files/motd': 'a' };

    expect(await difference({ tree }, { tree: { ...tree, 'files/motd': 'exec:a' } })).toBe('hook tree changed');
  });

  test('lists of packages count for hooks that install, and not for others', async () => {
    const tree = { [HOOK]: 'exec:package-installs-v2 --phase install.d', 'install.d/20-y': 'exec:true' };
    const before = { tree, element: { 'package-installs.yaml': 'tree:\n' } };
    const after = { tree, element: { 'package-installs.yaml': 'less:\n' } };

    expect(await difference(before, after)).toBe('package and service files changed');
    expect(await difference(before, after, 'install.d/20-y')).toBeUndefined();
  });

  test('readme and dependencies never count', async () => {
    const tree = { [HOOK]: 'exec:cp -r $TMP_HOOKS_PATH /x', 'README.rst': 'a', 'element-deps': 'a' };

    expect(await difference({ tree }, { tree: { ...tree, 'README.rst': 'b', 'element-deps': 'b' } })).toBeUndefined();
  });

  test('package indices count for hooks that install packages', async () => {
    const tree = { [HOOK]: 'exec:apt-get install tree', 'install.d/20-y': 'exec:true' };

    expect(await difference({ tree, indices: '1' }, { tree, indices: '2' })).toBe('package indices changed');
    expect(await difference({ tree, indices: '1' }, { tree, indices: '2' }, 'install.d/20-y')).toBeUndefined();
  });
});

describe('the environment', () => {
  const env = { COLOUR: 'red', SIZE: '1', TMP_BUILD_DIR: '/tmp/a', DIB_IMAGE_CACHE: '/a', _LIB: '/a' };

  test('a variable counts for the hooks that name it', async () => {
    const tree = { [HOOK]: 'exec:echo $COLOUR' };

    expect(await difference({ tree, env }, { tree, env: { ...env, COLOUR: 'blue' } })).toBe('$COLOUR changed');
    expect(await difference({ tree, env }, { tree, env: { ...env, SIZE: '2' } })).toBeUndefined();
  });

  test('a variable that a hook puts together from a prefix counts', async () => {
    const tree = { [HOOK]: 'exec:name=DIB_REPOREF_$x; echo ${!name}' };
    const named = { ...env, DIB_REPOREF_one: '1' };

    expect(await difference({ tree, env: named }, { tree, env: { ...named, DIB_REPOREF_one: '2' } })).toBe(
      '$DIB_REPOREF_one changed',
    );
  });

  test('every variable of diskimage-builder counts for a hook that lists them', async () => {
    const tree = { [HOOK]: 'exec:env | sort >/etc/dib-environment' };

    expect(await difference({ tree, env }, { tree, env: { ...env, DIB_NEW: '1' } })).toBe('$DIB_NEW is new');
  });

  test('a variable that appears or goes counts', async () => {
    const tree = { [HOOK]: 'exec:echo ${COLOUR-none}' };

    expect(await difference({ tree, env: {} }, { tree, env })).toBe('$COLOUR is new');
  });

  test('architecture, language and proxies count for every hook', async () => {
    const tree = { [HOOK]: 'exec:true' };

    expect(await difference({ tree, env: {} }, { tree, env: { http_proxy: 'a' } })).toBe('$http_proxy is new');
    expect(await difference({ tree, env: { ARCH: 'amd64' } }, { tree, env: { ARCH: 'arm64' } })).toBe('$ARCH changed');
  });

  test('where a build has its folders never counts', async () => {
    const tree = {
      [HOOK]: 'exec:echo $TMP_BUILD_DIR $TMP_MOUNT_PATH $DIB_IMAGE_CACHE $DIB_CCACHE_DIR $_LIB $TARGET_ROOT $PWD',
    };
    const elsewhere = {
      ...env,
      TMP_BUILD_DIR: '/tmp/b',
      DIB_IMAGE_CACHE: '/b',
      DIB_CCACHE_DIR: '/b',
      _LIB: '/b',
      TARGET_ROOT: '/b',
      PWD: '/b',
    };

    expect(await difference({ tree, env }, { tree, env: elsewhere })).toBeUndefined();
  });

  test('a file of environment.d counts for the hooks that see what it sets', async () => {
    const tree = {
      [HOOK]: 'exec:echo $COLOUR',
      'install.d/20-y': 'exec:true',
      'environment.d/10-colour': 'export COLOUR=${SHADE:-red}\n',
      'environment.d/20-size': 'export SIZE=1\n',
    };
    const colour = { tree: { ...tree, 'environment.d/10-colour': 'export COLOUR=blue\n' } };

    expect(await difference({ tree }, colour)).toBe('environment.d changed');
    expect(await difference({ tree }, colour, 'install.d/20-y')).toBeUndefined();
    expect(
      await difference({ tree }, { tree: { ...tree, 'environment.d/20-size': 'export SIZE=2\n' } }),
    ).toBeUndefined();
  });
});

describe('files of the machine', () => {
  test('the content of a file that a variable names counts for a hook of the host', async () => {
    await using files = await folderTree({ list: 'a' });
    const situation = { tree: { 'extra-data.d/10-x': 'exec:cat $LIST' }, env: { LIST: files.path.concat('/list') } };
    const before = await fieldsOf(situation, 'extra-data.d/10-x');
    await files.write({ list: 'b' });

    const after = await fieldsOf(situation, 'extra-data.d/10-x');

    expect(explainDifference(before, after)).toBe('file of $LIST changed');
  });

  test('the mount points of the image are not looked for on this machine', async () => {
    const tree = { 'extra-data.d/10-x': 'exec:echo $DIB_MOUNTPOINTS' };

    const fields = await fieldsOf({ tree, env: { DIB_MOUNTPOINTS: '/' } }, 'extra-data.d/10-x');

    expect(Object.keys(fields)).toContain('$DIB_MOUNTPOINTS');
    expect(Object.keys(fields)).not.toContain('file of $DIB_MOUNTPOINTS');
  });

  test('a folder that changes while it is read makes its hook run', async () => {
    await using files = await folderTree();
    const situation = { tree: { 'extra-data.d/10-x': 'exec:ls $FOLDER' }, env: { FOLDER: files.path } };
    // With a trap bash ends after its mkdir or rm, which would otherwise go on while the folder is removed.
    const churn = start('bash', ['-c', 'trap exit TERM; while mkdir -p {a..z}/x; do rm -rf ./*; done'], {
      cwd: files.path,
      stdio: 'ignore',
    });

    try {
      for (let times = 0; times < 30; times++)
        await expect(fieldsOf(situation, 'extra-data.d/10-x')).resolves.toHaveProperty('file of $FOLDER');
    } finally {
      churn.child.kill();
      await churn.ended;
    }
  });

  test('what is below a folder that a variable names counts for a hook of the host', async () => {
    await using files = await folderTree({ 'deep/file': 'a' });
    const situation = { tree: { 'extra-data.d/10-x': 'exec:cp -r $FOLDER /x' }, env: { FOLDER: files.path } };
    const before = await fieldsOf(situation, 'extra-data.d/10-x');
    await files.write({ 'deep/other': 'b' });

    const after = await fieldsOf(situation, 'extra-data.d/10-x');

    expect(explainDifference(before, after)).toBe('file of $FOLDER changed');
  });

  test('a path means nothing to a hook of the chroot but its text', async () => {
    await using files = await folderTree({ list: 'a' });
    const situation = { tree: { [HOOK]: 'exec:cat $LIST' }, env: { LIST: files.path.concat('/list') } };
    const before = await fieldsOf(situation);
    await files.write({ list: 'b' });

    expect(explainDifference(before, await fieldsOf(situation))).toBeUndefined();
  });
});

describe('how long a layer is believed', () => {
  const freshness = async (text: string, hook = HOOK) => {
    await using made = await inputsOf({ tree: { [hook]: `exec:#!/bin/bash\n${text}\n` } });
    return made.inputs.freshnessOf(hookOf(hook));
  };

  test.each([
    'curl -O https://example.org',
    '  wget x',
    'sudo pip3 install x',
    'if git clone x y; then :; fi',
    '/opt/agent/bin/pip install x',
    '"$python" -m pip install x',
    '$DIB_PYTHON_PIP install x',
  ])('a hook that reaches the network is believed for a time: %s', async (text) => {
    expect(await freshness(text)).toBe('expires');
  });

  test.each(['apt-get install -y curl', 'rm -rf ~/.cache/pip ', 'echo "wget is missing"', 'git config user.name x'])(
    'a hook that only speaks of it is tracked: %s',
    async (text) => {
      expect(await freshness(text)).toBe('tracked');
    },
  );

  test("a hook of the host that reads the caller's home or writes beside the image always runs", async () => {
    expect(await freshness('cp $HOME/.ssh/id_rsa.pub x', 'extra-data.d/10-x')).toBe('always-runs');
    expect(await freshness('cat ~/.netrc', 'extra-data.d/10-x')).toBe('always-runs');
    expect(await freshness('cp x $IMAGE_NAME.manifest', 'extra-data.d/10-x')).toBe('always-runs');
    expect(await freshness('cp $HOME/x y', HOOK)).toBe('tracked');
  });
});

describe('the bash files that elements source', () => {
  const sources = { tree: { [HOOK]: 'exec:source "$_LIB/img-functions"' } };
  const library = { 'img-functions': 'ls $DIB_PATTERN', 'img-defaults': 'FS_TYPE=$DIB_FS' };

  test('count for hooks that use them, or copy them for others', async () => {
    const changed = { ...library, 'img-defaults': 'FS_TYPE=ext4' };

    expect(await difference({ ...sources, library }, { ...sources, library: changed })).toBe('hook library changed');
    const other = { tree: { [HOOK]: 'exec:true' } };
    expect(await difference({ ...other, library }, { ...other, library: changed })).toBeUndefined();
  });

  test('make variables count that their functions read', async () => {
    const env = { DIB_PATTERN: 'a', DIB_FS: 'b', PATH: '/bin' };

    const fields = await fieldsOf({ ...sources, library, env });

    expect(Object.keys(fields)).toContain('$DIB_PATTERN');
    expect(Object.keys(fields)).not.toContain('$DIB_FS');
    expect(Object.keys(fields)).not.toContain('$PATH');
  });

  test('name the variables of ramdisks and kernels', async () => {
    const { texts } = await readHookLibrary(HOOK_LIBRARY);

    expect([...texts.words]).toEqual(
      expect.arrayContaining(['DIB_MODULE_ROOT', 'DIB_LIB_UDEV_ROOT', 'DIB_BAREMETAL_KERNEL_PATTERN']),
    );
  });
});
