import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type RunResult, run } from '../../../src/host/process.ts';
import type { Environment } from '../../../src/model/request.ts';
import { type FolderTree, folderTree } from '../../support/folder-tree.ts';
import { type ElementRig, elementRig } from './element-rig.ts';

const HOOK = 'extra-data.d/98-source-repositories';
const MANIFEST = '/etc/dib-manifests/dib-manifest-git-image';

test('checks out the branch that the line names and notes the commit', {
  tags: ['source-repositories.line', 'source-repositories.manifest'],
}, async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  const commit = await origin.commit('main', 'first');
  await origin.commit('other', 'second');

  const { status, tail } = await fetch(rig, `agent git /opt/agent ${origin.path} main\n`);

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/opt/agent/file')).toBe('first');
  expect(await rig.read(MANIFEST)).toBe(`agent git /opt/agent ${origin.path} ${commit}\n`);
  expect(await rig.read('/etc/dib-source-repositories')).toBe('/opt/agent\n');
});

test('brings the cache up to date, and not when offline', { tags: ['source-repositories.cache'] }, async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  const line = `agent git /opt/agent ${origin.path} main\n`;
  await origin.commit('main', 'first');
  await fetch(rig, line);
  await origin.commit('main', 'second');

  await run('rm', ['-rf', rig.at('/opt/agent')]);
  await fetch(rig, line, { DIB_OFFLINE: '1' });
  const offline = await rig.read('/opt/agent/file');
  await run('rm', ['-rf', rig.at('/opt/agent')]);
  await fetch(rig, line);

  expect([offline, await rig.read('/opt/agent/file')]).toEqual(['first', 'second']);
});

test('says at once that an offline build has nothing to start from, without the password', async () => {
  await using rig = await repositoryRig();

  const { status, stderr } = await fetch(rig, 'agent git /opt/agent https://ada:secret@git.invalid/agent\n', {
    DIB_OFFLINE: '1',
  });

  expect(status).toBe(1);
  expect(stderr).toContain('https://git.invalid/agent is not in the cache');
  expect(stderr).not.toContain('secret');
});

test('takes from the cache alone when offline, and names a reference that is not there', async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  const url = 'https://git.invalid/agent';
  const line = (ref: string) => `agent git /opt/agent ${url} ${ref}\n`;
  await origin.commit('main', 'first');
  await fetch(rig, line('*'), {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${origin.path}.insteadOf`,
    GIT_CONFIG_VALUE_0: url,
  });
  const outcomes: RunResult[] = [];

  for (const ref of ['*', 'main', 'next']) {
    await run('rm', ['-rf', rig.at('/opt/agent')]);
    outcomes.push(await fetch(rig, line(ref), { DIB_OFFLINE: '1' }));
  }

  expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 1]);
  expect(outcomes[2]?.stderr).toContain(`${url} has no reference next in the cache`);
});

test('a variable replaces the type, and the default reference stays that of the line', async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  await origin.commit('main', 'first');
  await origin.commit('other', 'second');

  const { status, tail } = await fetch(rig, 'agent tar /opt/agent https://files.invalid/agent.tar.gz\n', {
    DIB_REPOTYPE_agent: 'git',
    DIB_REPOLOCATION_agent: origin.path,
  });

  expect(status, tail.join('\n')).toBe(0);
  const { stdout } = await run('git', ['-C', rig.at('/opt/agent'), 'branch', '--format', '%(refname:short)']);
  expect(stdout.trim().split('\n')).toEqual(['main', 'other']);
});

test('checks out a commit that no branch names any more', async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  const commit = await origin.commit('main', 'first');
  await origin.commit('main', 'second');

  const { status, tail } = await fetch(rig, `agent git /opt/agent ${origin.path} ${commit}\n`);

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/opt/agent/file')).toBe('first');
});

test('checks out what an annotated tag names, a second time too', async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  const commit = await origin.commit('main', 'first');
  await run('git', ['-C', origin.path, '-c', 'user.name=A', '-c', 'user.email=a@b.c', 'tag', '-a', '-m', 'it', 'v1']);
  await origin.commit('main', 'second');

  const line = `agent git /opt/agent ${origin.path} v1\n`;
  const { status, tail } = await fetch(rig, `${line}${line}`);

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/opt/agent/file')).toBe('first');
  expect(await rig.read(MANIFEST)).toBe(`agent git /opt/agent ${origin.path} ${commit}\n`);
});

test('a reference that does not exist is named', async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  await origin.commit('main', 'first');

  const { status, stderr } = await fetch(rig, `agent git /opt/agent ${origin.path} nowhere\n`);

  expect(status).toBe(1);
  expect(stderr).toContain(`${origin.path} has no reference nowhere`);
});

test('an asterisk brings all branches', { tags: ['subtle.15'] }, async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  await origin.commit('main', 'first');
  await origin.commit('other', 'second');

  await fetch(rig, `agent git /opt/agent ${origin.path} *\n`);

  const { stdout } = await run('git', ['-C', rig.at('/opt/agent'), 'branch', '--format', '%(refname:short)']);
  expect(stdout.split('\n').filter((name) => name !== '')).toEqual(['main', 'other']);
});

test('variables replace location and reference, and dashes in the name are underscores', {
  tags: ['source-repositories.variables'],
}, async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  await origin.commit('develop', 'mine');

  const { status, tail } = await fetch(rig, 'my-agent git /opt/agent https://git.invalid/agent main\n', {
    DIB_REPOLOCATION_my_agent: origin.path,
    DIB_REPOREF_my_agent: 'develop',
  });

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/opt/agent/file')).toBe('mine');
});

test('DIB_GITREPOBASE replaces scheme and host of git locations', {
  tags: ['source-repositories.git-base'],
}, async () => {
  await using rig = await repositoryRig();
  await using folder = await folderTree();
  await using origin = await gitRepository(join(folder.path, 'group/agent'));
  await origin.commit('main', 'mirrored');

  const { status, tail } = await fetch(rig, 'agent git /opt/agent https://git.invalid/group/agent main\n', {
    DIB_GITREPOBASE: `file://${folder.path}/`,
  });

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/opt/agent/file')).toBe('mirrored');
});

test('two lines may share a checkout only when source and reference agree', async () => {
  await using rig = await repositoryRig();
  await using origin = await gitRepository();
  await origin.commit('main', 'first');
  await origin.commit('other', 'second');
  const line = `agent git /opt/agent ${origin.path} main\n`;

  const same = await fetch(rig, line + line);
  const different = await fetch(rig, `agent git /opt/agent ${origin.path} other\n`);

  expect(same.status, same.tail.join('\n')).toBe(0);
  expect(different.status).toBe(1);
  expect(different.stderr).toContain('is already used for another reference');
});

test('clones of one commit have the same bytes beside the objects', async () => {
  await using origin = await gitRepository();
  await origin.commit('main', 'first');
  await using one = await repositoryRig();
  await using other = await repositoryRig();

  const digests: string[] = [];
  for (const rig of [one, other]) {
    await fetch(rig, `agent git /opt/agent ${origin.path} main\n`, { DIB_IMAGE_CACHE: join(one.hooks, '../../cache') });
    const { stdout } = await run(
      'find',
      ['.', '-type', 'f', '-not', '-path', './.git/objects/*', '-exec', 'md5sum', '{}', '+'],
      {
        cwd: rig.at('/opt/agent'),
      },
    );
    digests.push(stdout.split('\n').sort().join('\n'));
  }

  expect(digests[0]).toBe(digests[1]);
});

test.each([
  ['.', ['agent-1/bin/agent', 'docs/manual']],
  ['*', ['bin/agent', 'manual']],
  ['agent-1', ['bin/agent']],
])('unpacks what %s selects of an archive', { tags: ['source-repositories.types'] }, async (ref, files) => {
  await using rig = await repositoryRig();
  await using archive = await archiveOf({ 'agent-1/bin/agent': 'a', 'docs/manual': 'm' });

  const { status, tail } = await fetch(rig, `agent tar /opt/agent file://${archive.path}/a.tar.gz ${ref}\n`);

  expect(status, tail.join('\n')).toBe(0);
  const { stdout } = await run('find', ['.', '-type', 'f', '-printf', '%P\n'], { cwd: rig.at('/opt/agent') });
  expect(stdout.trim().split('\n').sort()).toEqual(files);
});

test('a folder that the archive lacks is named', async () => {
  await using rig = await repositoryRig();
  await using archive = await archiveOf({ 'agent-1/bin/agent': 'a' });

  const { status, stderr } = await fetch(rig, `agent tar /opt/agent file://${archive.path}/a.tar.gz agent-2\n`);

  expect(status).toBe(1);
  expect(stderr).toContain('a.tar.gz has no folder agent-2');
});

test('puts a single file at its destination, from the cache when offline', {
  tags: ['source-repositories.cache', 'source-repositories.types'],
}, async () => {
  await using rig = await repositoryRig();
  await using folder = await folderTree({ agent: 'one' });
  const line = `agent file /usr/local/bin/agent file://${folder.path}/agent`; // without a line end, as some elements have it
  await fetch(rig, line);
  await run('rm', ['-r', folder.path]);

  const { status, tail } = await fetch(rig, line, { DIB_OFFLINE: '1' });

  expect(status, tail.join('\n')).toBe(0);
  expect(await readFile(join(rig.tree, 'usr/local/bin/agent'), 'utf8')).toBe('one');
});

test('evaluates variables, and passes over comments, blank lines and other install types', {
  tags: ['source-repositories.none', 'subtle.15'],
}, async () => {
  await using rig = await repositoryRig();
  await using folder = await folderTree({ agent: 'one' });
  const lines = `# a comment\n\nskipped git /opt/skipped https://git.invalid/x\nagent file $WHERE file://${folder.path}/agent\n`;

  const { status, tail } = await fetch(rig, lines, { WHERE: '/opt/agent', DIB_INSTALLTYPE_skipped: 'package' });

  expect(status, tail.join('\n')).toBe(0);
  expect(await rig.read('/opt/agent')).toBe('one');
  expect(await rig.read('/etc/dib-source-repositories')).toBe('/opt/agent\n');
});

test.each([
  ['agent zip /opt/agent http://x.invalid', 'is not of the form'],
  ['agent package', 'has the type package, which cannot be installed from source'],
  ['agent git /opt/$UNSET http://x.invalid', 'cannot be evaluated'],
])('refuses %s', { tags: ['source-repositories.types'] }, async (line, reason) => {
  await using rig = await repositoryRig();

  const { status, stderr } = await fetch(rig, `${line}\n`);

  expect(status).toBe(1);
  expect(stderr).toContain(reason);
});

test('fetches nothing when NO_SOURCE_REPOSITORIES is set', { tags: ['source-repositories.none'] }, async () => {
  await using rig = await repositoryRig();

  const { status, stdout } = await fetch(rig, 'agent git /opt/agent https://git.invalid/x\n', {
    NO_SOURCE_REPOSITORIES: '1',
  });

  expect([status, stdout]).toEqual([0, '']);
});

async function repositoryRig(): Promise<ElementRig> {
  const rig = await elementRig(['source-repositories', 'cache-url', 'manifests']);
  await rig.onHost('extra-data.d/20-manifest-dir');
  return rig;
}

async function fetch(rig: ElementRig, lines: string, env: Environment = {}): Promise<RunResult> {
  await writeFile(join(rig.hooks, 'source-repository-agent'), lines);
  const cache = join(rig.hooks, '../../cache');
  return await rig.onHost(HOOK, { DIB_IMAGE_CACHE: cache, DIB_DEFAULT_INSTALLTYPE: 'source', DIB_OFFLINE: '', ...env });
}

interface GitRepository extends AsyncDisposable {
  readonly path: string;
  /** Makes a commit on a branch whose only file has this text. */
  readonly commit: (branch: string, text: string) => Promise<string>;
}

async function gitRepository(at?: string): Promise<GitRepository> {
  const folder: FolderTree = await folderTree();
  const path = at ?? folder.path;
  await mkdir(path, { recursive: true });
  const git = async (...args: readonly string[]) =>
    (await run('git', ['-C', path, '-c', 'user.name=t', '-c', 'user.email=t@example', ...args])).stdout.trim();
  await git('init', '-q', '-b', 'main');
  return {
    path,
    commit: async (branch, text) => {
      await git('checkout', '-q', '-B', branch);
      await writeFile(join(path, 'file'), text);
      await git('add', 'file');
      await git('commit', '-q', '-m', text);
      return await git('rev-parse', 'HEAD');
    },
    [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
  };
}

async function archiveOf(files: Readonly<Record<string, string>>): Promise<FolderTree> {
  const folder = await folderTree(files);
  const top = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))];
  await run('tar', ['-C', folder.path, '-czf', join(folder.path, 'a.tar.gz'), ...top]);
  return folder;
}
