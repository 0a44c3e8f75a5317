import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, NO_CHROMIUM } from '../players/support/browser.ts';
import { tinyBundle } from '../support/run.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';
import { startServer, type TestServer } from '../web/support/server.ts';
import { axeViolations, type PageBrowser, startPageBrowser } from './support/browser-page.ts';

const chromium = chromiumPath();

describe.skipIf(chromium === undefined)(`copies and drawings in Chromium${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let browser: PageBrowser;
  let server: TestServer;
  /** Adds a video of the folder, waits until it is captioned, and opens its player. */
  const watch = async (name: string) => {
    const body = { source: { path: path.join(folder.path, name) } };
    const { videos } = await server.client('POST /videos', { body });
    const id = videos[0]?.id ?? '';
    expect(await server.settled(id, 'done', 'failed')).toMatchObject({ state: 'done' });
    return { id, ...(await browser.open(`${server.address}#/videos/${id}`)) };
  };
  const job = (page: Page, words: string) => page.locator('li.job', { hasText: words });
  beforeAll(async () => {
    folder = await makeFolder();
    const film = ['-f', 'lavfi', '-i', 'color=red:s=320x240:r=10:d=4', '-pix_fmt', 'yuv420p'];
    await ffmpeg(...film, '-c:v', 'libx264', path.join(folder.path, 'film.mp4'));
    await ffmpeg(...film, '-c:v', 'mpeg2video', path.join(folder.path, 'old.mkv'));
    const args = ['--model', tinyBundle(), '--folder', folder.path, '--data', path.join(folder.path, 'data')];
    server = await startServer(args, { cwd: folder.path, env: {} });
    browser = await startPageBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await folder?.remove();
  });

  test('a copy with its track and one with burnt-in captions are made, downloaded and removed', async () => {
    const { page, faults } = await watch('film.mp4');
    for (const [choice, words, name] of [
      ['MKV with the track in it', 'Video with its track', 'film.captions.mkv'],
      ['MP4 with burnt-in captions', 'Video with burnt-in captions', 'film.burned.mp4'],
    ] as const) {
      await page.locator('summary', { hasText: 'Export' }).click();
      await page.getByRole('button', { name: choice }).click();
      const row = job(page, words);
      await row.locator('.tag', { hasText: 'Done' }).waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        row.getByRole('link', { name: 'Download' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(name);
      const file = path.join(folder.path, 'data', name);
      await download.saveAs(file);
      expect((await readFile(file)).length).toBeGreaterThan(1000);
      if (name.endsWith('mkv')) expect((await readFile(file)).includes('A bright red picture')).toBe(true);
      expect(await axeViolations(page)).toEqual([]);
      await row.getByRole('button', { name: /^Remove/ }).click();
      await row.waitFor({ state: 'detached' });
    }
    expect((await server.client('GET /jobs')).jobs).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a job that was cancelled is retried', async () => {
    const { id, page, faults } = await watch('film.mp4');
    const add = (kind: 'burn' | 'mux') =>
      server.client('POST /videos/{id}/renders', { params: { id }, body: { kind, container: 'mkv' } });
    for (let ahead = 0; ahead < 3; ahead += 1) await add('burn');
    const { id: second } = await add('mux');
    const row = job(page, 'Video with its track');
    // One that was done before it could be cancelled would be removed.
    await row.getByRole('button', { name: /^Cancel/ }).click();
    await row.locator('.tag', { hasText: 'Cancelled' }).waitFor();
    await row.getByRole('button', { name: /^Retry/ }).click();
    await row.locator('.tag', { hasText: 'Done' }).waitFor();
    await row.getByRole('link', { name: 'Download' }).waitFor();
    // Another tab removes it.
    await server.client('DELETE /jobs/{id}', { params: { id: second } });
    await row.waitFor({ state: 'detached' });
    expect(await axeViolations(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a file that browsers do not play gets a smaller copy, which plays', async () => {
    const { page, faults } = await watch('old.mkv');
    const offer = page.locator('.no-picture', { hasText: 'mpeg2video' });
    await offer.waitFor();
    expect(await page.locator('video').count()).toBe(0);
    await offer.getByRole('button').click();
    await page.locator('video').waitFor();
    await expect.poll(() => page.evaluate(`document.querySelector('video').videoWidth`)).toBe(320);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('where the model looked at a keyframe is drawn', async () => {
    const { page, faults } = await watch('film.mp4');
    await page.getByRole('button', { name: 'Keyframes, drafts and confidence' }).click();
    await page.locator('.frame').first().getByRole('button', { name: 'Where it looked' }).click();
    const drawing = page.locator('img.explanation');
    await drawing.waitFor();
    const width = () => drawing.evaluate((image) => ('naturalWidth' in image ? Number(image.naturalWidth) : 0));
    await expect.poll(width).toBeGreaterThan(100);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Close' }).last().click();
    await drawing.waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
