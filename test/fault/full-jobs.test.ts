import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { Job } from '../../src/jobs/job.ts';
import { type Workshop, workshop } from '../support/cli.ts';
import { serveFolder } from '../support/file-server.ts';
import { folderTree } from '../support/folder-tree.ts';
import { SAMPLE_REQUEST } from '../support/fuel-request.ts';
import { type SmallDisk, smallDisk } from '../support/small-disk.ts';

const FUEL_IMAGE = fileURLToPath(new URL('../../bin/fuel-image', import.meta.url));

/** A request whose only repository is on a server. */
function requestFor(shop: Workshop, uri: string): string {
  const repos = [{ name: 'ubuntu', uri, suite: 'marmot', section: 'main', trusted: true }];
  return JSON.stringify({
    ...SAMPLE_REQUEST,
    repos,
    packages: [],
    root_password: 'sea breeze',
    output: shop.at('out'),
  });
}

/** `fuel-image` with its jobs on a small disk. */
function fuelImage(shop: Workshop, disk: SmallDisk) {
  const env = shop.environment({
    env: {
      ...{ FUEL_IMAGE_JOBS: shop.at('small'), FUEL_IMAGE_LOGS: shop.at('logs') },
      ...{ INGOT_FETCH_ATTEMPTS: '100', INGOT_FETCH_TIMEOUT: '1' },
    },
  });
  return async (...words: readonly string[]) => await disk.run([FUEL_IMAGE, ...words], { env, cwd: shop.at('work') });
}

test('without space for the job a build is not submitted, and nothing runs', { tags: ['fuel.jobs'] }, async () => {
  await using shop = await workshop();
  await using disk = await smallDisk(shop.at('small'), '1m');
  const call = fuelImage(shop, disk);
  await disk.fill();
  const before = await shop.hostState();

  const submitted = await call('submit', requestFor(shop, 'http://127.0.0.1:9/'));
  const jobs = await call('status');

  expect(submitted).toMatchObject({ status: 1, stdout: '' });
  expect(submitted.stderr).toContain(`There is no space left for the job in ${shop.at('small')}`);
  expect(submitted.stderr).toContain('FUEL_IMAGE_JOBS');
  expect(JSON.parse(jobs.stdout)).toEqual([]);
  expect(await shop.hostState()).toEqual(before);
});

test('a job whose disk fills up while it runs still says how it ended', {
  tags: ['fuel.jobs', 'fuel.ended'],
}, async () => {
  await using shop = await workshop();
  await using disk = await smallDisk(shop.at('small'), '1m');
  await using repository = await folderTree();
  await using server = await serveFolder(repository.path);
  server.keepFailing('InRelease', { kind: 'hang' });
  const call = fuelImage(shop, disk);

  const id = (await call('submit', requestFor(shop, server.url))).stdout.trim();
  await vi.waitFor(() => expect(server.requests).not.toEqual([]), { timeout: 60_000 });
  await disk.fill();
  server.mend();
  const waited = await call('wait', id);

  expect(waited).toMatchObject({ status: 1, stdout: expect.stringContaining(`${id} failed: ${server.url}`) });
  expect(Job.parse(JSON.parse((await call('status', id)).stdout))).toMatchObject({
    state: 'failed',
    exitStatus: 1,
    error: { code: 'FETCH_FAILED', message: expect.stringContaining('InRelease does not exist') },
  });
});
