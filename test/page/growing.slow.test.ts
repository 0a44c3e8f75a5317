import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, NO_CHROMIUM } from '../players/support/browser.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';
import { type GatedCaptioner, gatedCaptioner } from '../web/support/gated-captioner.ts';
import { startServer, type TestServer } from '../web/support/server.ts';
import { type PageBrowser, startPageBrowser } from './support/browser-page.ts';

const chromium = chromiumPath();
const transcript = (page: Page) => page.locator('.transcript .line-text').allTextContents();
const parts = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `Part ${from + at}`);

describe.skipIf(chromium === undefined)(`while captions arrive${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let browser: PageBrowser;
  let server: TestServer;
  let captioner: GatedCaptioner;
  let film: string;
  const start = (...args: string[]): Promise<TestServer> => {
    const data = path.join(folder.path, 'data');
    const all = ['--model', captioner.model, '--folder', folder.path, '--data', data, ...args];
    return startServer(all, { cwd: folder.path, env: {} });
  };
  /** Adds a video whose captioner answers up to `upTo` seconds; returns its ID. Its last group is still at work then. */
  const add = async (name: string, upTo: number): Promise<string> => {
    await captioner.open(upTo);
    const file = path.join(folder.path, name);
    await ffmpeg('-i', film, '-c', 'copy', '-metadata', `title=${name}`, file);
    const body = { source: { path: file }, options: { frames: 'every:500ms' } };
    const { videos } = await server.client('POST /videos', { body });
    return videos[0]?.id ?? '';
  };
  beforeAll(async () => {
    folder = await makeFolder();
    captioner = await gatedCaptioner(folder.path);
    film = path.join(folder.path, 'film.mp4');
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x48:r=4:d=24', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', film);
    server = await start();
    browser = await startPageBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await folder?.remove();
  });

  test('a server that is killed goes on: pages reconnect, the track is whole, edits are kept, saved or not', async () => {
    const id = await add('killed.mp4', 15.6);
    const { page: player } = await browser.open(`${server.address}#/videos/${id}`);
    await expect.poll(() => transcript(player)).toEqual(parts(0, 4));
    const { page: editor } = await browser.open(`${server.address}#/videos/${id}/edit`);
    await editor.locator('.cue .line').first().click();
    await editor.locator('textarea').fill('Saved');
    await editor.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(() => transcript(player)).toEqual(['Saved', ...parts(1, 4)]);
    await editor.locator('.cue .line').first().click();
    await editor.locator('textarea').fill('Not saved');

    const { port } = new URL(server.address);
    await server.stop('SIGKILL');
    await player.locator('.offline').waitFor();
    await editor.locator('.offline').waitFor();
    server = await start('--port', port);
    await captioner.open(19.6);
    await expect.poll(() => transcript(player)).toEqual(['Saved', ...parts(1, 6)]);
    await expect.poll(() => player.locator('.offline').count()).toBe(0);
    const cues = (): Promise<string[]> =>
      editor
        .locator('.cue .line-text, .cue textarea')
        .evaluateAll((all) => all.map((each) => ('value' in each ? String(each.value) : (each.textContent ?? ''))));
    const edited = await server.client('GET /videos/{id}/cues', { params: { id } });
    expect(edited).toMatchObject({ origin: 'edits', complete: false });
    await expect.poll(cues).toEqual(['Saved', 'Not saved', ...parts(2, 6)]);
    await editor.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(() => transcript(player)).toEqual(['Saved', 'Not saved', ...parts(2, 6)]);

    await captioner.open(100);
    await player.locator('.view-head .tag', { hasText: 'Done' }).waitFor();
    const whole = ['Saved', 'Not saved', ...parts(2, 12)];
    await expect.poll(() => transcript(player)).toEqual(whole);
    await expect.poll(cues).toEqual(whole);
    const { origin, complete, cues: all } = await server.client('GET /videos/{id}/cues', { params: { id } });
    expect({ origin, complete, texts: all.map(({ text }) => text) }).toEqual({
      origin: 'edits',
      complete: true,
      texts: whole,
    });
    const written = await readFile(path.join(folder.path, 'data', 'videos', id, `${id}.vtt`), 'utf8');
    expect(written.match(/Part \d+/g)).toEqual(parts(0, 12));
    await player.context().close();
    await editor.context().close();
  });

  test('the list shows keyframes with their captions as they arrive, how fast, and how long it will take', async () => {
    const { page, faults } = await browser.open(server.address);
    const id = await add('arriving.mp4', 3.6);
    const row = page.locator('li.video', { hasText: 'arriving.mp4' });
    const latest = row.locator('.strip li');
    await expect.poll(async () => (await latest.allTextContents()).join()).toMatch(/Part 1/);
    const shown = () =>
      latest
        .first()
        .locator('img')
        .evaluate((image) => ('naturalWidth' in image ? Number(image.naturalWidth) : 0));
    await expect.poll(shown).toBeGreaterThan(0);
    await sleep(1100); // The speed is told from no less than a second.
    await captioner.open(11.6);
    await expect.poll(async () => (await latest.allTextContents()).join()).toMatch(/Part [345]/);
    await expect.poll(() => row.locator('.progress').textContent()).toMatch(/^\d+ % · .+ left · [\d.]+ × real time$/);
    await captioner.open(100);
    await server.settled(id, 'done');
    await row.locator('.tag', { hasText: 'Done' }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a video is paused, resumed, cancelled and tried again, and keeps what it has', async () => {
    const id = await add('cancelled.mp4', 11.6);
    const { page, faults } = await browser.open(`${server.address}#/videos/${id}`);
    const state = (words: string) => page.locator('.view-head .tag', { hasText: words }).waitFor();
    const press = (name: string) => page.getByRole('button', { name: `${name} cancelled.mp4` }).click();
    await expect.poll(() => transcript(page)).toEqual(parts(0, 2));
    await press('Pause');
    await captioner.open(15.6);
    await state('Paused');
    await page.locator('[role=progressbar], progress').first().waitFor();
    await press('Resume');
    await expect.poll(() => transcript(page)).toEqual(parts(0, 4));
    await press('Cancel');
    await captioner.open(19.6);
    await state('Cancelled');
    await captioner.open(100);
    await press('Try again');
    await state('Done');
    await expect.poll(() => transcript(page)).toEqual(parts(0, 12));
    await expect.poll(() => page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
