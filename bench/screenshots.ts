import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { start } from '../test/cli/support/program.ts';
import { chromiumPath, launchChromium, NO_CHROMIUM } from '../test/players/support/browser.ts';
import { startServer, type TestServer } from '../test/web/support/server.ts';

// Makes the pictures of the page in docs/images, through the real program: npm run screenshots -- FILM FILM...
// The second film is still being captioned in the picture of the list, so let it be the longer one.

const films = process.argv.slice(2).map((film) => path.resolve(film));
const chromium = chromiumPath();
if (films.length < 2) throw new Error('Name two films or more: npm run screenshots -- FILM FILM...');
if (chromium === undefined) throw new Error(NO_CHROMIUM);

const images = path.join(import.meta.dirname, '../docs/images');
const data = await mkdtemp(path.join(tmpdir(), 'screenshots-'));
const model = path.join(import.meta.dirname, '../models/everyday-small');
const state = path.join(data, 'cameras.db');
const server = await startServer(['--model', model, '--data', data, '--state', state], { cwd: data, env: {} });
const browser = await launchChromium(chromium);

/** Uploads a film, so that no picture shows a path of this machine; returns its ID. */
async function add(film: string): Promise<string> {
  const page = await browser.newPage();
  await page.goto(server.address);
  await page.setInputFiles('input[type=file]', film);
  const link = await page.locator('a.title', { hasText: path.basename(film) }).getAttribute('href');
  await page.close();
  return link?.split('/').at(-1) ?? '';
}

/** The night of the recordings. */
const NIGHT = '20261126';

/** Has `watch` caption a film as the recording of a camera. */
async function record(film: string, camera: string, time: string): Promise<void> {
  const recording = path.join(data, 'recordings', camera, `${camera}_${NIGHT}${time}${path.extname(film)}`);
  await mkdir(path.dirname(recording), { recursive: true });
  await copyFile(film, recording);
}

async function watch(): Promise<void> {
  const args = ['watch', path.join(data, 'recordings'), '--once', '--settle', '0s', '--zone', 'UTC', '--state', state];
  const running = await start([...args, '--model', model], { cwd: data, env: {} });
  const { code, stderr } = await running.ended;
  if (code !== 0) throw new Error(`watch ended with ${code}: ${stderr}`);
}

async function until(done: (site: TestServer) => Promise<boolean>): Promise<void> {
  while (!(await done(server))) await sleep(200);
}

async function picture(name: string, address: string, prepare: (page: Page) => Promise<unknown>, dark = false) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(`${server.address}${address}`);
  await page.locator('h1').waitFor();
  await prepare(page);
  await page.waitForLoadState('load');
  // A picture of the film, where there is one.
  const ready = `[...document.querySelectorAll('video')].every((video) => video.readyState >= 2 && !video.seeking)`;
  while ((await page.evaluate(ready)) !== true) await sleep(100);
  await sleep(500);
  const shot = await page.screenshot();
  await sharp(shot)
    .png({ palette: true, quality: 90, effort: 10 })
    .toFile(path.join(images, `page-${name}.png`));
  await context.close();
}

try {
  const [first = '', second = '', ...rest] = films;
  const shown = await add(first);
  for (const film of rest) await add(film);
  await until(async ({ client }) => {
    const { videos } = await client('GET /videos');
    const failed = videos.find(({ state }) => state === 'failed');
    if (failed !== undefined) throw new Error(failed.problems[0]?.message);
    return videos.every(({ state }) => state === 'done');
  });
  await picture('player', `#/videos/${shown}?t=1`, (page) => page.locator('.line').first().waitFor());
  await picture('editor', `#/videos/${shown}/edit?t=1`, async (page) => {
    await page.locator('.cue .line').nth(1).click();
  });
  await picture(
    'keyframes',
    `#/videos/${shown}?t=1`,
    async (page) => {
      await page.getByRole('button', { name: 'Keyframes, drafts' }).click();
      await page.locator('.frame').first().scrollIntoViewIfNeeded();
      await page
        .locator('.frames')
        .evaluate((list) => (list as unknown as { scrollIntoView(): void }).scrollIntoView());
    },
    true,
  );
  const steps = await server.client('POST /videos/{id}/steps', {
    params: { id: shown },
    body: { minStep: 1, maxStep: 2 },
  });
  await until(async ({ client }) => {
    const { state: now, problem } = await client('GET /jobs/{id}', { params: { id: steps.id } });
    if (now === 'failed') throw new Error(problem?.message);
    return now === 'done';
  });
  await picture('steps', `#/videos/${shown}/steps`, (page) => page.locator('img.step-picture').first().waitFor());
  await record(second, 'front', '220509');
  await record(first, 'garden', '081500');
  await watch();
  await picture('cameras', '#/cameras/day', async (page) => {
    await page.getByLabel('Day', { exact: true }).fill('2026-11-26');
    await page.locator('.sighting img').first().waitFor();
  });
  await picture('system', '#/system', (page) => page.locator('.model').first().waitFor());
  const running = await add(second);
  await until(async ({ client }) => {
    const { progress, state } = await client('GET /videos/{id}', { params: { id: running } });
    return progress.keyframes >= 6 || state === 'done';
  });
  await picture('videos', '', (page) => page.locator('.strip img').nth(3).waitFor());
} finally {
  await browser.close();
  await server.stop();
  await rm(data, { recursive: true, force: true });
}
