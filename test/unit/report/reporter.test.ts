import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openReporter, type ReporterOptions } from '../../../src/report/reporter.ts';
import { FAILURE, STARTED, STORY_START, story } from '../../support/build-events.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingot-reporter-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Reports a failing build and returns what was written where. */
async function report(options: Partial<ReporterOptions>): Promise<{ stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const reporter = await openReporter({
    stdout: { columns: 80, rows: 24, write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    view: 'plain',
    hasTimestamps: false,
    hasColours: false,
    environment: { ROOT_PASSWORD: 'No rule' },
    now: () => STORY_START,
    ...options,
  });
  for (const event of story(STARTED, ...FAILURE)) reporter.take(event);
  await reporter.close();
  return written;
}

describe('the reporter', () => {
  it('keeps every event of a build as lines of JSON, without secrets', async () => {
    await report({ logFolder: join(folder, 'logs') });

    const [name = ''] = readdirSync(join(folder, 'logs'));
    expect(name).toMatch(/^2026-11-20T18-00-00-[0-9a-f]{6}$/);
    const text = readFileSync(join(folder, 'logs', name, 'events.ndjson'), 'utf8');
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(events[2]).toMatchObject({ kind: 'step-output', line: 'make: *** ***' });
    expect(text).not.toContain('No rule');
  });

  it('keeps the events of the thirty latest builds', async () => {
    for (let build = 0; build < 33; build += 1)
      await report({ logFolder: folder, view: 'quiet', now: () => STORY_START + build * 1000 });

    const names = readdirSync(folder).sort();
    expect(names).toHaveLength(30);
    expect(names[0]).toMatch(/^2026-11-20T18-00-03/);
  });

  it('reports on when the events cannot be kept', async () => {
    writeFileSync(join(folder, 'file'), '');

    const { stdout } = await report({ logFolder: join(folder, 'file', 'logs') });

    expect(stdout).toContain('install.d/10-tools of element tools ended');
  });

  it('appends to the log file, always with the time', { tags: ['cli.logfile', 'streams.logfile-time'] }, async () => {
    const logfile = join(folder, 'build.log');
    writeFileSync(logfile, 'before\n');

    await report({ logfile });

    const lines = readFileSync(logfile, 'utf8').split('\n');
    expect(lines[0]).toBe('before');
    expect(lines[1]).toBe('2026-11-20 18:00:00.000 | Building elements: base debian-minimal');
  });

  it('says which log file cannot be written, before anything begins', async () => {
    await expect(report({ logfile: '/proc/nothing.log' })).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining('/proc/nothing.log'),
      details: { hint: 'Choose another place with --logfile.' },
    });
  });

  it('prints events as JSON alone where that is asked for', async () => {
    const { stdout, stderr } = await report({ view: 'events' });

    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).kind),
    ).toEqual(['build-started', 'step-started', 'step-output', 'step-failed', 'build-finished']);
    expect(stderr).toBe('');
  });

  it('is silent but for the failure when it has to be quiet', async () => {
    const { stdout, stderr } = await report({ view: 'quiet' });

    expect(stdout).toBe('');
    expect(stderr).toMatch(/^install\.d\/10-tools of element .*\n {2}element {2}tools\n/);
  });

  it('draws the same story on a terminal', async () => {
    const { stdout } = await report({ view: 'live', hasColours: true });

    expect(stdout).toContain('\u001b[1mCasting\u001b[22m base debian-minimal\n');
    expect(stdout).toContain('\u001b[31m✗\u001b[39m \u001b[1minstall.d/10-tools of element');
    expect(stdout.endsWith('\u001b[?2026l')).toBe(true);
  });
});
