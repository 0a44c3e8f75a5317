import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addLiveCue } from '../../src/archive/index/live-cues.ts';
import type { Archive } from '../archive/support/archive.ts';
import { type Receiver, startWebhook } from '../archive/support/receivers.ts';
import { H264 } from '../cli/support/films.ts';
import { start } from '../cli/support/program.ts';
import { chromiumPath, NO_CHROMIUM } from '../players/support/browser.ts';
import { tinyBundle } from '../support/run.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';
import { cameraArchive, MARKUP_CAMERA } from '../web/support/camera-archive.ts';
import { startServer, type TestServer } from '../web/support/server.ts';
import { axeViolations, overflow, type PageBrowser, startPageBrowser } from './support/browser-page.ts';

const chromium = chromiumPath();

describe.skipIf(chromium === undefined)(`cameras in Chromium${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let archive: Archive;
  let receiver: Receiver;
  let hook: string;
  let browser: PageBrowser;
  let server: TestServer;
  beforeAll(async () => {
    folder = await makeFolder();
    archive = await cameraArchive(folder.path);
    receiver = await startWebhook();
    hook = `http://127.0.0.1:${receiver.port}/hook`;
    server = await startServer(['--state', archive.file, '--webhook', hook, '--data', path.join(folder.path, 'data')], {
      cwd: folder.path,
      env: {},
    });
    browser = await startPageBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await receiver?.close();
    archive?.db.close();
    await folder?.remove();
  });

  test('tiles have what each camera saw last, and follow it', async () => {
    const { page, faults } = await browser.open(`${server.address}#/cameras`);
    await page.locator('.tile', { hasText: MARKUP_CAMERA }).getByText('A woman & a <i>cat</i>').waitFor();
    const start = Date.parse('2026-11-25T05:00:00Z');
    const seen = { camera: 'gate', start, end: start + 4000, text: 'A fox', confidence: 0.7, moving: true };
    await addLiveCue(archive.db, archive.file, seen);
    await page.locator('.tile', { hasText: 'gate' }).getByText('A fox').waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a search has pictures, and a hit plays', async () => {
    const { page, faults } = await browser.open(`${server.address}#/cameras/search`);
    await page.getByRole('searchbox', { name: 'Words' }).fill('person');
    await page.getByRole('combobox', { name: 'Camera' }).selectOption('front');
    await page.getByRole('button', { name: 'Search' }).click();
    const hit = page.locator('.sighting', { hasText: 'A man walks a dog' });
    await hit.waitFor();
    await expect.poll(() => page.locator('.sighting').count()).toBe(1);
    await hit.click();
    const video = page.locator('dialog video');
    const length = () => video.evaluate((each) => ('duration' in each ? Number(each.duration) : 0));
    await expect.poll(length).toBeGreaterThan(4);
    await expect.poll(() => video.evaluate((each) => 'readyState' in each && Number(each.readyState) > 1)).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('what was seen live plays where another program has recorded it, and says so where none has', async () => {
    const recorded = Date.parse('2026-11-25T04:00:00Z');
    const start = recorded + 2000;
    const seen = { camera: 'yard', start, end: start + 1000, text: 'A heron bathes', confidence: 0.7, moving: true };
    const file = path.join(folder.path, 'recordings', 'front', 'one.mkv');
    await addLiveCue(archive.db, archive.file, { ...seen, segment: { file, start: recorded } });
    const later = { ...seen, start: start + 7_200_000, end: start + 7_201_000, text: 'A stork bathes' };
    await addLiveCue(archive.db, archive.file, later);
    const { page, faults } = await browser.open(`${server.address}#/cameras/search`);
    await page.getByRole('searchbox', { name: 'Words' }).fill('bathes');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.locator('.sighting', { hasText: 'A heron' }).click();
    const video = page.locator('dialog video');
    await expect.poll(() => video.evaluate((each) => 'readyState' in each && Number(each.readyState) > 1)).toBe(true);
    const link = page.getByRole('link', { name: 'Download the clip' });
    expect(await link.getAttribute('download')).toBe('yard 2026-11-25T05-00-02.mp4');
    await page.keyboard.press('Escape');
    await page.locator('.sighting', { hasText: 'A stork' }).click();
    await page.getByRole('dialog').getByText('of which no recording is known').waitFor();
    expect(await page.locator('dialog video').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('the day: timelines, moments, and the report of the night', async () => {
    const { page, faults } = await browser.open(`${server.address}#/cameras/day`);
    await page.getByLabel('Day', { exact: true }).fill('2026-11-24');
    const front = page.getByRole('region', { name: 'front' });
    await front.getByRole('button', { name: 'A man walks a dog' }).waitFor();
    await page.getByRole('button', { name: 'The day after' }).click();
    const [report] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'Report of the night before' }).click(),
    ]);
    await report.getByText('A man walks a dog').first().waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('an alert rule is tested, added, changed and removed', async () => {
    const start = Date.now() - 60_000;
    const seen = { camera: 'gate', start, end: start + 4000, text: 'A badger', confidence: 0.7, moving: true };
    await addLiveCue(archive.db, archive.file, seen);
    const { page, faults } = await browser.open(`${server.address}#/cameras/alerts`);
    const form = page.getByRole('form', { name: 'New rule' });
    await form.getByRole('textbox', { name: 'Words' }).fill('badger');
    await form.getByRole('combobox', { name: 'Camera' }).selectOption('gate');
    await form.getByRole('button', { name: 'Test' }).click();
    await form.getByText('The webhook accepted a test message.').waitFor();
    await form.locator('.sighting', { hasText: 'A badger' }).waitFor();
    await expect.poll(() => receiver.received.map(({ body }) => body)).toMatchObject([{ words: 'badger', test: true }]);
    expect(await axeViolations(page)).toEqual([]);
    await form.getByRole('textbox', { name: 'From' }).fill('22:00');
    await form.getByRole('textbox', { name: 'To' }).fill('06:00');
    await form.getByRole('button', { name: 'Add the rule' }).click();
    const row = page.locator('.rule', { hasText: 'badger' });
    await row.getByText('gate · from 22:00 to 06:00').waitFor();
    await row.getByRole('button', { name: 'Change or test' }).click();
    const change = page.getByRole('form', { name: 'Rule badger' });
    await change.getByRole('combobox', { name: 'Camera' }).selectOption('');
    await change.getByRole('button', { name: 'Save' }).click();
    await row.getByText('all cameras').waitFor();
    await row.getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => page.locator('.rule').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a rule that is made here notifies of what live sees, which is shown as it comes', async () => {
    const { page, faults } = await browser.open(`${server.address}#/cameras/alerts`);
    const form = page.getByRole('form', { name: 'New rule' });
    await form.getByRole('textbox', { name: 'Words' }).fill('green picture');
    await form.getByRole('spinbutton', { name: 'Least confidence' }).fill('0');
    await form.getByRole('button', { name: 'Add the rule' }).click();
    const rule = page.locator('.rule', { hasText: 'green picture' });
    await rule.waitFor();
    const before = receiver.received.length;
    const alerts = () => receiver.received.slice(before).map(({ body }) => body);

    // Green stays until the test has seen it, however slow the machine is.
    const stream = path.join(folder.path, 'stream.mp4');
    const colours = [
      ['red', 2],
      ['green', 900],
    ].flatMap(([colour, lasts]) => ['-f', 'lavfi', '-i', `color=${colour}:s=64x48:r=5:d=${lasts}`]);
    await ffmpeg(...colours, '-filter_complex', 'concat=n=2', ...H264, stream);
    const seen = ['--state', archive.file, '--zone', 'Europe/Berlin', '--frames', 'every:1s', '--min-confidence', '0'];
    const live = await start(
      ['live', `porch=${stream}`, '--no-follow', ...seen, '--webhook', hook, '--model', tinyBundle(), '--workers', '1'],
      { cwd: folder.path, env: {} },
    );
    await page.goto(`${server.address}#/cameras`);
    const tile = page.locator('.tile', { hasText: 'porch' });
    await tile.getByText('A bright green picture').waitFor();
    await tile.locator('.tag', { hasText: 'Live' }).waitFor();
    await expect.poll(alerts).toMatchObject([
      {
        ...{ event: 'match', words: 'green picture', camera: 'porch', file: null },
        ...{ cues: [{ text: 'A bright green picture' }], picture: expect.stringMatching(/^data:/) },
      },
    ]);
    expect(alerts()[0]).not.toHaveProperty('test');
    live.child.kill('SIGTERM');
    await live.ended;
    await tile.locator('.tag', { hasText: 'Live is not running' }).waitFor();
    // What stays in the picture causes one.
    expect(alerts()).toHaveLength(1);

    await page.goto(`${server.address}#/cameras/alerts`);
    await rule.getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => page.locator('.rule').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('no violation of axe, nothing wider than a window of 360 pixels, light and dark', async () => {
    const found: Record<string, unknown> = {};
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const tab of ['', '/day', '/search', '/alerts']) {
        const { page } = await browser.open(`${server.address}#/cameras${tab}`, {
          colorScheme,
          viewport: { width: 360, height: 740 },
        });
        await page.locator('.tabs').waitFor();
        if (tab === '') await page.locator('.tile').first().waitFor();
        if (tab === '/alerts') await page.getByRole('form', { name: 'New rule' }).waitFor();
        if (tab === '/day') {
          await page.getByLabel('Day', { exact: true }).fill('2026-11-24');
          await page.locator('.sighting').first().waitFor();
        }
        if (tab === '/search') {
          await page.getByRole('searchbox', { name: 'Words' }).fill('person');
          await page.getByRole('button', { name: 'Search' }).click();
          await page.locator('.sighting').first().waitFor();
        }
        const problems = [...(await axeViolations(page)), ...((await overflow(page)) > 0 ? ['too wide'] : [])];
        if (problems.length > 0) found[`${tab} ${colorScheme}`] = problems;
        await page.context().close();
      }
    }
    expect(found).toEqual({});
  });
});
