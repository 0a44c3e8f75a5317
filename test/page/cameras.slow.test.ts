import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addLiveCue } from '../../src/archive/index/live-cues.ts';
import type { Archive } from '../archive/support/archive.ts';
import { chromiumPath, NO_CHROMIUM } from '../players/support/browser.ts';
import { makeFolder } from '../support/videos.ts';
import { cameraArchive, MARKUP_CAMERA } from '../web/support/camera-archive.ts';
import { startServer, type TestServer } from '../web/support/server.ts';
import { axeViolations, overflow, type PageBrowser, startPageBrowser } from './support/browser-page.ts';

const chromium = chromiumPath();

describe.skipIf(chromium === undefined)(`cameras in Chromium${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let archive: Archive;
  let browser: PageBrowser;
  let server: TestServer;
  beforeAll(async () => {
    folder = await makeFolder();
    archive = await cameraArchive(folder.path);
    server = await startServer(['--state', archive.file, '--data', path.join(folder.path, 'data')], {
      cwd: folder.path,
      env: {},
    });
    browser = await startPageBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
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
    expect(await page.locator('.sighting').count()).toBe(1);
    await hit.click();
    const played = `document.querySelector('dialog video').readyState > 1 && document.querySelector('dialog video').duration`;
    await expect.poll(() => page.evaluate(played), { timeout: 30_000 }).toBeGreaterThan(4);
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
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

  test('no violation of axe, nothing wider than a window of 360 pixels, light and dark', async () => {
    const found: Record<string, unknown> = {};
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const tab of ['', '/day', '/search']) {
        const { page } = await browser.open(`${server.address}#/cameras${tab}`, {
          colorScheme,
          viewport: { width: 360, height: 740 },
        });
        await page.locator('.tabs').waitFor();
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
