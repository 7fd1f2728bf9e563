import { readdir, readFile, stat } from 'node:fs/promises';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { main as ingot } from '../../../src/commands/ingot.ts';
import { run } from '../../../src/host/process.ts';
import { folderTree } from '../../support/folder-tree.ts';
import { type TestCaller, testCaller } from '../../support/test-caller.ts';

const LIBRARY = {
  'web/README.rst': '===\nweb\n===\n\nServes pages.\n',
  'web/element-deps': 'tools\noperating-system\n',
  'web/install.d/50-web': 'exec:#!/bin/bash\n',
  'web/install.d/notes.txt': 'no hook\n',
  'web/environment.d/10-web': 'export DIB_WEB_PORT=${DIB_WEB_PORT:-80}\n',
  'web/package-installs.yaml': 'web-server:\n  arch: amd64\n  when: DIB_WEB = 1\n',
  'web/pkg-map': '{"family": {"redhat": {"web-server": "httpd"}}, "default": {"web-server": ""}}\n',
  'web/test-elements/works/element-deps': 'os\n',
  'shop/element-deps': 'web\nos\n',
  'os/element-deps': 'tools\n',
  'os/element-provides': 'operating-system\n',
  'tools/README.rst': '',
};

async function call(words: readonly string[], elementsPath = ''): Promise<{ status: number; caller: TestCaller }> {
  const caller = testCaller('ingot', words, { ELEMENTS_PATH: elementsPath });
  return { status: await ingot(caller), caller };
}

describe('ingot element info', () => {
  it('tells what an element needs, has and does', async () => {
    await using other = await folderTree({ 'web/README.rst': 'another\n' });
    await using scratch = await folderTree(LIBRARY);

    const { status, caller } = await call(['element', 'info', 'web'], `${scratch.path}:${other.path}`);

    expect(status, caller.complained()).toBe(0);
    expect(caller.printed().split('\n')).toEqual([
      'element     web',
      '            Serves pages.',
      `folder      ${scratch.at('web')}`,
      `overrides   ${other.at('web')}`,
      'needs       tools operating-system',
      'needed by   shop',
      'hooks       install.d/50-web',
      'packages    web-server  install.d  (only on amd64)  (when DIB_WEB = 1)  (family redhat: httpd; default: none)',
      'variables   DIB_WEB_PORT  [80]',
      'tests       web/works',
      '',
    ]);
  });

  it('names the nearest element for a name that is none', async () => {
    await using scratch = await folderTree(LIBRARY);

    const { status, caller } = await call(['element', 'info', 'shp'], scratch.path);

    expect(status).toBe(1);
    expect(caller.complained()).toContain('There is no element "shp"\n  Did you mean shop?');
  });
});

test('what a README says cannot move the cursor of a terminal', async () => {
  await using scratch = await folderTree({ 'odd/README.rst': 'Clears \u001b[2Jthe \u0008screen.\n' });

  const info = await call(['element', 'info', 'odd'], scratch.path);
  const list = await call(['element', 'list', 'clears'], scratch.path);

  expect(info.caller.printed()).toContain('            Clears the ^Hscreen.\n');
  expect(list.caller.printed()).toBe(`${scratch.path}:\n  odd  Clears the ^Hscreen.\n`);
});

describe('ingot element list', () => {
  it('tells every element and what it is for, the own ones first', async () => {
    await using scratch = await folderTree(LIBRARY);

    const { status, caller } = await call(['element', 'list'], scratch.path);

    expect(status, caller.complained()).toBe(0);
    const [own = '', bundled = ''] = caller.printed().split('\n\n');
    expect(own.split('\n').map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      `${scratch.path}:`,
      '  os',
      '  shop',
      '  tools',
      '  web  Serves pages.',
    ]);
    expect(bundled).toMatch(/^Come with ingot:\n {2}almalinux-container {2,}AlmaLinux, from/);
    expect(bundled).toMatch(/^ {2}zypper-minimal {2,}\S/m);
  });

  it('finds those that have each word in name, summary, provided names or variables', async () => {
    await using scratch = await folderTree(LIBRARY);
    const found = async (...words: readonly string[]) => {
      const { caller } = await call(['element', 'list', ...words], scratch.path);
      return caller.printed().match(/(?<=^ {2})\S+/gm);
    };

    expect(await found('PAGES', 'serves')).toEqual(['web']);
    expect(await found('dib_web_port')).toEqual(['web']);
    expect(await found('grow', 'volumes')).toEqual(['growvols']);
    expect(await found('operating-system')).toEqual(expect.arrayContaining(['os', 'debian-minimal']));
    expect(await found('operating-system')).not.toContain('shop');
  });

  it('prints what programs want to know', async () => {
    await using scratch = await folderTree(LIBRARY);

    const { caller } = await call(['element', 'list', '--json', 'serves pages'], scratch.path);

    expect(parse(caller.printed())).toMatchObject([
      {
        ...{ name: 'web', path: scratch.at('web'), summary: 'Serves pages.', isBundled: false, provides: [] },
        variables: [{ name: 'DIB_WEB_PORT', fallback: '80', meaning: '' }],
      },
    ]);
  });

  it('says so when there is none', async () => {
    const { status, caller } = await call(['element', 'list', 'vm', 'no-such-word']);

    expect([status, caller.printed()]).toEqual([1, '']);
    expect(caller.complained()).toBe('ingot: no element has all of these words\n');
  });
});

describe('ingot element graph', () => {
  it('draws each element once, with names that others provide', async () => {
    await using scratch = await folderTree(LIBRARY);

    const { caller } = await call(['element', 'graph', 'shop', 'tools'], scratch.path);

    expect(caller.printed().split('\n')).toEqual([
      'shop',
      '├── web',
      '│   ├── tools',
      '│   └── operating-system  (provided by os)',
      '└── os',
      '    └── tools',
      'tools',
      '',
    ]);
  });

  it('writes the same graph for Graphviz, Mermaid and programs', async () => {
    await using scratch = await folderTree(LIBRARY);
    const drawn = async (format: string) =>
      (await call(['element', 'graph', 'web', '--format', format], scratch.path)).caller.printed();

    expect(parse(await drawn('json'))).toMatchObject({
      roots: ['web'],
      nodes: [
        { name: 'web', kind: 'element', needs: ['tools', 'operating-system'] },
        { name: 'tools', kind: 'element' },
        { name: 'operating-system', kind: 'name', providedBy: [] },
      ],
    });
    expect(await drawn('dot')).toContain('  "web" -> "tools";\n  "web" -> "operating-system";\n');
    expect(await drawn('mermaid')).toContain('  n0["web"]\n  n0 --> n1\n  n0 --> n2\n');
  });

  it('names the forms for one that is none', async () => {
    const { status, caller } = await call(['element', 'graph', 'vm', '--format', 'svg']);

    expect(status).toBe(2);
    expect(caller.complained()).toContain('Allowed choices are text, dot, mermaid, json.');
  });
});

describe('ingot element new', () => {
  it('makes an element that passes the checks, by the name of its folder', async () => {
    await using scratch = await folderTree(LIBRARY);
    const folder = scratch.at('mine/my-shop');

    const made = await call(['element', 'new', folder, '--system', 'os'], scratch.path);
    const lint = await call(['element', 'lint', folder, scratch.at('mine')]);

    expect(made.status, made.caller.complained()).toBe(0);
    expect(made.caller.printed()).toContain(`${folder}/install.d/50-my-shop\n`);
    expect(lint.caller.printed()).toBe('PASS\n');
    await run('shellcheck', ['-x', `${folder}/install.d/50-my-shop`]);
    expect((await stat(`${folder}/install.d/50-my-shop`)).mode & 0o777).toBe(0o755);
    expect(await readFile(`${folder}/README.rst`, 'utf8')).toMatch(/^={7}\nmy-shop\n={7}\n/);
    expect(await readFile(`${folder}/environment.d/50-my-shop`, 'utf8')).toContain('export DIB_MY_SHOP_GREETING=');
    expect(await readFile(`${folder}/test-elements/works/element-deps`, 'utf8')).toBe('os\n');
    expect((await readdir(scratch.at('mine'))).sort()).toEqual(['my-shop']);
  });

  it('touches no folder that is there, and takes no name that could not be used', async () => {
    await using scratch = await folderTree(LIBRARY);

    const again = await call(['element', 'new', scratch.at('web')]);
    const named = await call(['element', 'new', scratch.at('Web shop')]);
    const system = await call(['element', 'new', scratch.at('new'), '--system', 'oz'], scratch.path);

    expect([again.status, named.status, system.status]).toEqual([2, 2, 1]);
    expect(again.caller.complained()).toContain(`${scratch.at('web')} is there already`);
    expect(named.caller.complained()).toContain('"Web shop" cannot be the name of an element');
    expect(system.caller.complained()).toContain('Did you mean os?');
    expect(await readFile(scratch.at('web/README.rst'), 'utf8')).toBe(LIBRARY['web/README.rst']);
  });

  it('says where it may not write, and that another element has the name', async () => {
    await using scratch = await folderTree(LIBRARY);

    const refused = await call(['element', 'new', '/proc/self/new']);
    const hiding = await call(['element', 'new', scratch.at('mine/shop')], scratch.path);

    expect(refused.status).toBe(1);
    expect(refused.caller.complained()).toContain('The element cannot be written to /proc/self/new');
    expect(hiding.caller.complained()).toContain(`warning: ${scratch.at('shop')} has the same name`);
  });
});

describe('ingot element lint', () => {
  it('checks elements and folders of elements, with what their tests assert', async () => {
    await using scratch = await folderTree({
      'fine/README.rst': '',
      'fine/element-deps': 'b\na\n',
      'fine/test-elements/x/assertions.yaml': 'files: {a: present}\n',
      'many/one/pkg-map': '[]',
    });

    const { status, caller } = await call(['element', 'lint', scratch.at('fine'), scratch.at('many')]);

    expect(status).toBe(1);
    expect(caller.printed()).toContain(`${scratch.at('fine/element-deps')}:2: "a" is not in the order`);
    expect(caller.printed()).toContain('assertions.yaml:1:9: "files.a": has to be an absolute path');
    expect(caller.printed()).toContain(`${scratch.at('many/one')}: has no README.rst [readme]`);
    expect(caller.printed()).toContain('*** FAIL: ');
  });

  it('needs something to check', async () => {
    const nothing = await call(['element', 'lint']);
    const missing = await call(['element', 'lint', '/nowhere']);

    expect(nothing.status).toBe(2);
    expect(nothing.caller.complained()).toContain('ELEMENTS_PATH is not set');
    expect(missing.caller.complained()).toContain('/nowhere is no folder');
  });
});
