import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/host/process.ts';
import { hook, said, workshop } from '../support/cli.ts';

/** The tiny operating system has no program for packages. */
const NO_PACKAGES = { 'package-installs/README.rst': '' } as const;

describe('a variable that an element needs', () => {
  test.for([
    {
      element: 'cloud-init-datasources',
      hook: 'install.d/05-set-cloud-init-sources',
      says: 'Set it to a comma-separated list of cloud-init\'s data sources, for example "Ec2, NoCloud, ConfigDrive".',
      env: { DIB_CLOUD_INIT_DATASOURCES: 'ConfigDrive' },
    },
    {
      element: 'dib-init-system',
      hook: 'environment.d/99-dib-init-system',
      says: "The operating system's element has to export it in environment.d: systemd, openrc, sysv or upstart.",
      env: { DIB_INIT_SYSTEM: 'systemd' },
    },
  ])(
    'is told by $element, with what it means and an example; and nothing of the failed build is kept',
    async (fault) => {
      await using shop = await workshop({ 'look/install.d/01-look': hook('mkdir -p /etc/cloud/cloud.cfg.d') });
      const elements = ['look', fault.element];
      const [variable = ''] = Object.keys(fault.env);

      const without = await shop.build({ elements });
      const told = await shop.build({ elements, env: fault.env });

      expect(without.status).toBe(1);
      expect(said(without)).toMatch(/code +HOOK_FAILED/);
      expect(said(without)).toContain(fault.hook);
      expect(said(without)).toMatch(new RegExp(`element +${fault.element}`));
      expect(said(without)).toContain(`${variable} is not set. ${fault.says}`);
      expect(told.status, said(told)).toBe(0);
    },
  );
});

describe('a git reference', () => {
  test('that is gone is told with the element that wants it, and the cache does for the next build', async () => {
    await using shop = await workshop({
      ...NO_PACKAGES,
      'agent/element-deps': 'source-repositories\n',
      'origin/file': 'first\n',
    });
    const origin = shop.at('elements/origin');
    const author = ['-c', 'user.name=ada', '-c', 'user.email=ada@example', '-c', 'init.defaultBranch=main'];
    const git = async (...args: readonly string[]) => await run('git', [...author, '-C', origin, ...args]);
    await git('init', '--quiet');
    await git('add', 'file');
    await git('commit', '--quiet', '--message', 'first');
    await shop.write({ 'agent/source-repository-agent': `agent git /opt/agent ${origin} release-7\n` });
    const env = { DIB_DEFAULT_INSTALLTYPE: 'source' };

    const gone = await shop.build({ elements: ['agent'], env });
    const kept = await readdir(shop.at('cache/source-repositories'));
    await git('branch', 'release-7');
    const there = await shop.build({ elements: ['agent'], env });

    expect(gone.status).toBe(1);
    expect(said(gone)).toMatch(/code +HOOK_FAILED/);
    expect(said(gone)).toContain('extra-data.d/98-source-repositories');
    expect(said(gone)).toContain(`The element agent, source-repository-agent: ${origin} has no reference release-7`);
    expect(kept.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(there.status, said(there)).toBe(0);
    await expect(shop.content('opt/agent/file')).resolves.toBe('first\n');
  });

  test('whose repository is gone leaves nothing in the cache', async () => {
    await using shop = await workshop({
      ...NO_PACKAGES,
      'agent/element-deps': 'source-repositories\n',
      'agent/source-repository-agent': 'agent git /opt/agent /nowhere/agent main\n',
    });

    const result = await shop.build({ elements: ['agent'], env: { DIB_DEFAULT_INSTALLTYPE: 'source' } });

    expect(result.status).toBe(1);
    expect(said(result)).toContain('The element agent, source-repository-agent: /nowhere/agent could not be cloned');
    expect(await readdir(shop.at('cache/source-repositories'))).toEqual(['repositories_flock']);
  });
});

test.each([
  {
    element: 'opensuse-minimal',
    release: '12',
    says: /openSUSE has no release "12": set DIB_RELEASE to one of Leap's 15\.x or to tumbleweed/,
    where: /20-zypper-repositories\.bash of element zypper-minimal/,
  },
  {
    element: 'centos-minimal',
    release: '7',
    says: /There are no repositories for release "7" of centos/,
    where: /Set DIB_RELEASE to one of 9-stream, 10-stream/,
  },
])(
  'a release that $element does not know is told with those that it knows',
  async ({ element, release, says, where }) => {
    await using shop = await workshop();
    const words = ['-n', '-t', 'tar', '-o', shop.at('image'), element];

    const result = await shop.command('disk-image-create', words, { env: { DIB_RELEASE: release } });

    expect(result.status).toBe(1);
    expect(said(result)).toMatch(says);
    expect(said(result)).toMatch(where);
  },
);

test('lvm and dracut-regenerate, which want two kinds of ramdisk, are told apart before anything is made', async () => {
  await using shop = await workshop({ 'look/root.d/11-look': hook('echo "RAN root.d"') });

  const result = await shop.build({ elements: ['look', 'lvm', 'dracut-regenerate'], env: { DISTRO_NAME: 'debian' } });

  expect(result.status).toBe(1);
  expect(said(result)).toMatch(/code +HOOK_FAILED/);
  expect(said(result)).toContain(
    'Leave lvm out: dracut-regenerate brings LVM too, unless DIB_DRACUT_ENABLED_MODULES leaves it out.',
  );
  expect(said(result)).not.toContain('RAN root.d');
});
