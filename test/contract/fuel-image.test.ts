import { readdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { workshop } from '../support/cli.ts';
import { SAMPLE_REQUEST } from '../support/fuel-request.ts';

test('the sample is accepted as the only word, and nothing happens to it with --check', {
  tags: ['fuel.sample'],
}, async () => {
  await using shop = await workshop();

  const result = await shop.command('fuel-image', ['--check', JSON.stringify(SAMPLE_REQUEST)]);

  expect(result).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

test('faults end it before anything is made', { tags: ['fuel.validation'] }, async () => {
  await using shop = await workshop();
  const request = { ...SAMPLE_REQUEST, output: 'out', repos: [{ ...SAMPLE_REQUEST.repos[0], priority: '7' }] };

  const result = await shop.command('fuel-image', [JSON.stringify(request)]);

  expect(result.status).toBe(2);
  expect(result.stderr.split('\n')).toEqual([
    'fuel-image: The request has 2 faults',
    '  output has to be an absolute path',
    '  repos[0].priority has to be a whole number or null',
    '',
  ]);
  expect(await readdir(shop.at('work'))).toEqual([]);
  await expect(readdir(shop.at('cache'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a keyring that is not there ends it before anything is built', { tags: ['fuel.validation'] }, async () => {
  await using shop = await workshop();
  const repos = [{ ...SAMPLE_REQUEST.repos[0], keyring: shop.at('none.gpg') }];
  const request = { ...SAMPLE_REQUEST, repos, output: shop.at('out') };

  const env = { FUEL_IMAGE_LOGS: shop.at('logs') };
  const result = await shop.command('fuel-image', [JSON.stringify(request)], { env });

  expect(result.status).toBe(2);
  expect(result.stderr).toContain(
    `fuel-image: repos[0].keyring names a file that cannot be read: ${shop.at('none.gpg')}\n`,
  );
  await expect(readdir(shop.at('out'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a submitted build whose log cannot be written has failed, and says why', { tags: ['fuel.jobs'] }, async () => {
  await using shop = await workshop();
  await writeFile(shop.at('file'), '');
  const env = { FUEL_IMAGE_LOGS: shop.at('file/logs') };
  const request = JSON.stringify({ ...SAMPLE_REQUEST, output: shop.at('out') });

  const submitted = await shop.command('fuel-image', ['submit', request], { env });
  const waited = await shop.command('fuel-image', ['wait', submitted.stdout.trim()]);

  expect(waited).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/ failed: The log file .*\/file\/logs\/.* cannot be written/),
  });
  const job = JSON.parse((await shop.command('fuel-image', ['status', submitted.stdout.trim()])).stdout);
  expect(job).toMatchObject({ state: 'failed', exitStatus: 1, error: { code: 'OUTPUT_UNWRITABLE' } });
});
