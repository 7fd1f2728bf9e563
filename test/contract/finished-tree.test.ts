import { beforeAll, describe, expect, test } from 'vitest';
import { type RunResult, run } from '../../src/host/process.ts';
import { hook, marked, said, type Workshop, workshop } from '../support/cli.ts';

describe('the finished tree', () => {
  let shop: Workshop;
  let result: RunResult;
  let names: readonly string[];
  beforeAll(async () => {
    shop = await workshop({
      'full/install.d/10-fill': hook(
        'mkdir -p /tmp/below /var/log/apt /root/deep /opt/empty /.config',
        'echo x >/tmp/below/file; echo x >/var/log/apt/history.log; echo x >/var/log/syslog; echo x >/root/deep/pip.log; echo x >/root/notes.txt',
        'echo x >/.config/file; echo id >/etc/machine-id',
        'echo x >/opt/one; ln /opt/one /opt/two; ln -s one /opt/link; chown 5:6 /opt/one; chmod 4750 /opt/one',
        'mkfifo /opt/fifo; printf x >"/opt/odd name"; mkdir /opt/sticky; chmod 1777 /opt/sticky',
      ),
      'full/post-install.d/10-found': hook('mkdir /lost+found; echo x >/lost+found/file'),
      'full/pre-finalise.d/10-look': hook(
        'echo "FSTAB $(grep -c LABEL= "$TMP_MOUNT_PATH/etc/fstab") FOUND $(ls -d "$TMP_MOUNT_PATH"/lost*found 2>/dev/null | wc -l)"',
        'echo x >"$TMP_MOUNT_PATH/opt/from-pre-finalise"',
      ),
      'full/finalise.d/10-write': hook('cat /opt/from-pre-finalise >/opt/from-finalise'),
      'full/cleanup.d/99-last': hook('echo kept >"$TARGET_ROOT/opt/from-cleanup"'),
      'full/tests/x': '',
    });
    result = await shop.build({ elements: ['full'] });
    expect(result.status, said(result)).toBe(0);
    names = await shop.names();
    return async () => await shop[Symbol.asyncDispose]();
  });

  test('has an empty /tmp', { tags: ['phases.tidy-tmp'] }, () => {
    expect(names).toContain('tmp');
    expect(names.filter((name) => name.startsWith('tmp/'))).toEqual([]);
  });

  test('keeps log files, empty, and no *.log below /root', { tags: ['phases.tidy-logs'] }, async () => {
    expect(await shop.content('var/log/apt/history.log')).toBe('');
    expect(await shop.content('var/log/syslog')).toBe('');
    expect(names).not.toContain('root/deep/pip.log');
    expect(await shop.content('root/notes.txt')).toBe('x\n');
  });

  test('keeps dotfiles at its top, empty folders, links, modes, owners and odd names', {
    tags: ['subtle.07', 'formats.tar'],
  }, async () => {
    expect(names).toContain('.config/file');
    expect(names).toContain('opt/empty');
    expect(await shop.facts('opt/one')).toMatch(/^-rwsr-x--- 5\/6 /);
    expect(await shop.facts('opt/two')).toMatch(/link to \.\/opt\/one|^-rwsr-x---/);
    expect(await shop.facts('opt/link')).toContain('-> one');
    expect(await shop.facts('opt/fifo')).toMatch(/^p/);
    expect(await shop.facts('opt/sticky')).toMatch(/^drwxrwxrwt/);
    expect(await shop.content('opt/odd name')).toBe('x');
  });

  test('has hard links as one file', async () => {
    const { stdout } = await run('tar', ['--list', '--verbose', '--file', shop.at('image.tar')]);
    expect(stdout.split('\n').filter((line) => / \.\/opt\/(one|two)\b.* link to /.test(line))).toHaveLength(1);
  });

  test('has what hooks of the last three phases write', { tags: ['phases.final-tree'] }, async () => {
    expect(await shop.content('opt/from-finalise')).toBe('x\n');
    expect(await shop.content('opt/from-cleanup')).toBe('kept\n');
  });

  test('lost its lost+found before the final phases, which find the file system table', {
    tags: ['phases.lost-found', 'phases.fstab'],
  }, () => {
    expect(marked(result, 'FSTAB')).toEqual(['1 FOUND 0']);
    expect(names).not.toContain('lost+found/file');
  });

  test('has the file system table of the layout', { tags: ['phases.fstab'] }, async () => {
    expect(await shop.content('etc/fstab')).toMatch(/^LABEL=cloudimg-rootfs\s+\/\s+ext4\s/m);
  });

  test('has no device of the host, no process, no hook and no stand-in', { tags: ['subtle.08'] }, () => {
    const foreign = /^(dev|proc|sys|run)\/|in_target|update-initramfs|lost\+found/;
    expect(names.filter((name) => foreign.test(name))).toEqual([]);
  });

  test('has an empty machine-id, so that each machine gets its own', async () => {
    expect(await shop.content('etc/machine-id')).toBe('');
  });

  test('has a root folder that belongs to root with mode 755', { tags: ['subtle.07'] }, async () => {
    const { stdout } = await run('tar', [
      '--list',
      '--verbose',
      '--numeric-owner',
      '--no-recursion',
      '--file',
      shop.at('image.tar'),
      './',
    ]);
    expect(stdout).toMatch(/^drwxr-xr-x 0\/0 /);
  });
});

test('what a hook of pre-finalise.d binds into the tree is there to the end, and never emptied', {
  tags: ['subtle.13'],
}, async () => {
  await using shop = await workshop({
    'bind/pre-finalise.d/10-bind': hook(
      'mkdir -p "$PRECIOUS" "$TMP_MOUNT_PATH/tmp/bound" "$TMP_MOUNT_PATH/run"',
      'echo kept >"$PRECIOUS/file"',
      'mount --bind "$PRECIOUS" "$TMP_MOUNT_PATH/tmp/bound"',
      'mount --bind "$PRECIOUS" "$TMP_MOUNT_PATH/run"',
    ),
    'bind/cleanup.d/10-look': hook('echo "BOUND $(cat "$TARGET_ROOT/run/file")"'),
  });
  const env = { PRECIOUS: shop.at('precious') };

  const result = await shop.build({ elements: ['bind'], env });

  expect(result.status, said(result)).toBe(0);
  expect(said(result)).toContain('BOUND kept');
  const { stdout } = await run('cat', [shop.at('precious/file')]);
  expect(stdout).toBe('kept\n');
  expect((await shop.names()).filter((name) => name.endsWith('/file'))).toEqual([]);
});
