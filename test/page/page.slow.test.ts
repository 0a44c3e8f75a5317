import { copyFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { film } from '../cli/support/films.ts';
import { chromiumPath, NO_CHROMIUM } from '../players/support/browser.ts';
import { tinyBundle } from '../support/run.ts';
import { makeFolder } from '../support/videos.ts';
import { startServer, type TestServer } from '../web/support/server.ts';
import { axeViolations, overflow, type PageBrowser, startPageBrowser } from './support/browser-page.ts';

const chromium = chromiumPath();
const RED = 'A bright red picture';
const GREEN = 'A bright green picture';
const BLUE = 'A bright blue picture';
/** A file name that is markup, were it not shown as text. */
const MARKUP = `<img src=x onerror="window.hit='name'">.mp4`;

const rowOf = (page: Page, name: string) => page.locator('li.video', { hasText: name });
const linesOf = (page: Page) => page.locator('.transcript .line-text').allTextContents();

/** The cues of the player's text track, as a viewer reads them. The player gets its track after the page has been drawn. */
const shownCues = (page: Page) =>
  page.evaluate<string[]>(
    `[...(document.querySelector('video')?.textTracks[0]?.cues ?? [])].map((cue) => cue.getCueAsHTML().textContent)`,
  );

/** Uploads a file and waits until it is captioned; returns the address of its player. */
async function upload(page: Page, file: string): Promise<string> {
  await page.setInputFiles('input[type=file]', file);
  const row = rowOf(page, path.basename(file));
  await row.locator('.tag', { hasText: 'Done' }).waitFor();
  return (await row.locator('a.title').getAttribute('href')) ?? '';
}

describe.skipIf(chromium === undefined)(`the page in Chromium${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let browser: PageBrowser;
  let server: TestServer;
  let films: string;
  beforeAll(async () => {
    folder = await makeFolder();
    films = path.join(folder.path, 'films');
    await mkdir(films);
    await film(path.join(folder.path, 'film.mp4'), undefined, undefined, '320x240');
    await copyFile(path.join(folder.path, 'film.mp4'), path.join(films, 'from the server.mp4'));
    await copyFile(path.join(folder.path, 'film.mp4'), path.join(folder.path, MARKUP));
    await copyFile(path.join(folder.path, 'film.mp4'), path.join(folder.path, 'edited.mp4'));
    server = await startServer(['--model', tinyBundle(), '--folder', films, '--data', path.join(folder.path, 'data')], {
      cwd: folder.path,
      env: {},
    });
    browser = await startPageBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await folder?.remove();
  });

  test('a video is uploaded, its captions arrive, and the player shows them', async () => {
    const { page, faults } = await browser.open(server.address);
    await page.setInputFiles('input[type=file]', path.join(folder.path, 'film.mp4'));
    const row = rowOf(page, 'film.mp4');
    await row.locator('a.title').click();
    await expect.poll(() => linesOf(page)).toEqual([RED, GREEN, BLUE]);
    await page.locator('.view-head .tag', { hasText: 'Done' }).waitFor();

    await expect.poll(() => shownCues(page)).toEqual([RED, GREEN, BLUE]);
    await page.locator('.line', { hasText: BLUE }).click();
    await page.locator('.line[aria-current=true]', { hasText: BLUE }).waitFor();
    await expect.poll(() => page.evaluate<number>(`document.querySelector('video').currentTime`)).toBeCloseTo(4, 0);

    await page.getByRole('button', { name: 'Keyframes, drafts and confidence' }).click();
    await page.locator('.frame', { hasText: 'Draft: A red picture' }).first().waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a file is dropped; one that is too large for the disk is refused before it is sent', async () => {
    const { page, faults } = await browser.open(server.address);
    const bytes = (await readFile(path.join(folder.path, 'film.mp4'))).toString('base64');
    const drop = async (name: string): Promise<void> => {
      const transfer = await page.evaluateHandle(
        ([file = '', base64 = '']) => {
          const { DataTransfer, File } = globalThis as unknown as {
            DataTransfer: new () => { items: { add(file: unknown): void } };
            File: new (parts: readonly Uint8Array[], name: string, options: object) => unknown;
          };
          const data = new DataTransfer();
          const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          data.items.add(new File([content], file, { type: 'video/mp4' }));
          return data;
        },
        [name, bytes],
      );
      await page.dispatchEvent('section.drop', 'drop', { dataTransfer: transfer });
    };
    await drop('dropped.mp4');
    await rowOf(page, 'dropped.mp4').locator('.tag', { hasText: 'Done' }).waitFor();
    await page.route('**/api/system', async (route) => {
      const answer = await route.fetch();
      const system = (await answer.json()) as { upload: object };
      await route.fulfill({ json: { ...system, upload: { ...system.upload, free: 1000 } } });
    });
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/uploads')) sent.push(request.url());
    });
    await drop('large.mp4');
    await page.locator('.upload', { hasText: /large\.mp4 has .*disk has room for/ }).waitFor();
    expect(sent).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('a video of a folder of the server is added', async () => {
    const { page } = await browser.open(server.address);
    await page.getByRole('button', { name: 'From the server or a URL' }).click();
    await page.locator('.folders button', { hasText: 'films' }).click();
    await page.locator('.folders button', { hasText: 'from the server.mp4' }).click();
    await page.getByRole('button', { name: 'Close' }).click();
    await rowOf(page, 'from the server.mp4').locator('.tag', { hasText: 'Done' }).waitFor();
    await page.context().close();
  });

  test('names and texts that are markup are shown as text', async () => {
    const { page, faults } = await browser.open(server.address);
    const player = await upload(page, path.join(folder.path, MARKUP));
    await expect.poll(() => rowOf(page, MARKUP).locator('a.title').textContent()).toBe(MARKUP);
    await page.goto(`${server.address}${player}/edit`);
    await page.locator('.cue .line').first().click();
    const text = `<script>window.hit='text'</script> & <b>bold</b>`;
    await page.locator('textarea').fill(text);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.toasts', { hasText: 'Saved' }).waitFor();
    await page.goto(`${server.address}${player}`);
    await page.locator('.line', { hasText: text }).waitFor();
    await expect.poll(() => shownCues(page)).toEqual([text, GREEN, BLUE]);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('cues are edited, undone, saved, exported, and two tabs lose nothing', async () => {
    const { page: one, faults } = await browser.open(server.address);
    const player = await upload(one, path.join(folder.path, 'edited.mp4'));
    const edit = `${server.address}${player}/edit`;
    await one.goto(edit);
    const texts = (page: Page): Promise<string[]> => page.locator('.cue .line-text').allTextContents();
    await one.locator('.cue .line').first().click();
    const field = one.locator('textarea');

    // Violations are shown while somebody types.
    await field.fill('A picture so red that it takes more than one line of forty-two characters');
    await one.locator('.violations', { hasText: 'Line too long' }).waitFor();
    await one.keyboard.press('Control+z');
    await expect.poll(() => field.inputValue()).toBe(RED);
    await one.keyboard.press('Control+y');
    await expect.poll(() => field.inputValue()).toContain('so red');
    await one.keyboard.press('Control+z');
    await expect.poll(() => field.inputValue()).toBe(RED);

    // The keys go from cue to cue.
    await field.press('Alt+ArrowDown');
    await expect.poll(() => field.inputValue()).toBe(GREEN);
    await field.press('Alt+ArrowUp');
    await expect.poll(() => field.inputValue()).toBe(RED);

    // Split at the cursor, merge, undo both.
    await field.evaluate((element) =>
      (element as unknown as { setSelectionRange(a: number, b: number): void }).setSelectionRange(8, 8),
    );
    await field.press('Control+Enter');
    await expect.poll(() => field.inputValue()).toBe('A bright');
    await expect.poll(() => texts(one)).toEqual(['red picture', GREEN, BLUE]);
    await one.getByRole('button', { name: 'Merge with the next cue' }).click();
    await expect.poll(() => field.inputValue()).toBe('A bright\nred picture');
    await field.fill('A red room');
    await one.keyboard.press('Control+s');
    await one.locator('.toasts', { hasText: 'Saved' }).waitFor();

    // A second tab saves something else; the first has edits of its own by then.
    await field.fill('Mine');
    const { page: two } = await browser.open(edit);
    await two.locator('.cue .line').nth(1).click();
    await two.locator('textarea').fill('Theirs');
    await two.getByRole('button', { name: 'Save' }).click();
    const conflict = one.locator('.notice', { hasText: 'saved elsewhere' });
    await conflict.waitFor();
    await conflict.getByRole('button', { name: 'Take theirs' }).click();
    await expect.poll(() => texts(one)).toEqual(['A red room', 'Theirs', BLUE]);
    await one.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => [await field.inputValue(), ...(await texts(one))]).toEqual(['Mine', GREEN, BLUE]);
    await one.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => texts(two)).toEqual(['Mine', GREEN, BLUE]);

    await one.locator('summary', { hasText: 'Export' }).click();
    const [download] = await Promise.all([
      one.waitForEvent('download'),
      one.getByRole('link', { name: 'SubRip (.srt)' }).click(),
    ]);
    const file = path.join(folder.path, 'export.srt');
    await download.saveAs(file);
    expect(download.suggestedFilename()).toBe('edited.srt');
    expect(await readFile(file, 'utf8')).toContain('Mine');
    expect(faults).toEqual([]);
    await one.context().close();
    await two.context().close();
  });

  test('edits that were not saved are offered again after a reload', async () => {
    const { page } = await browser.open(server.address);
    const player = await upload(page, path.join(folder.path, 'film.mp4'));
    await page.goto(`${server.address}${player}/edit`);
    await page.locator('.cue .line').nth(1).click();
    await page.locator('textarea').fill('Not saved');
    // Not waitForFunction, which evaluates a text: the page's content security policy forbids that.
    const kept = `Object.keys(localStorage).filter((key) => key.startsWith('secondglance.unsaved.')).length`;
    await expect.poll(() => page.evaluate(kept)).toBe(1);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.locator('.notice', { hasText: 'were not saved' }).waitFor();
    await page.locator('.cue', { hasText: 'Not saved' }).waitFor();
    await page.context().close();
  });

  test('a server that is killed during an upload goes on with it', async () => {
    const big = path.join(folder.path, 'big.mkv');
    await film(big, ['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p'], ['-c:a', 'pcm_s16le'], '320x240');
    const at = new URL(server.address);
    const { page } = await browser.open(server.address);
    const network = await page.context().newCDPSession(page);
    await network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 2_000_000,
    });
    await page.setInputFiles('input[type=file]', big);
    await page.locator('.upload', { hasText: /[1-9] MB of/ }).waitFor();
    await server.stop('SIGKILL');
    await page.locator('.offline').waitFor();
    server = await startServer(
      ['--port', at.port, '--model', tinyBundle(), '--folder', films, '--data', path.join(folder.path, 'data')],
      { cwd: folder.path, env: {} },
    );
    await rowOf(page, 'big.mkv').locator('.tag', { hasText: 'Done' }).waitFor({ timeout: 120_000 });
    await expect.poll(() => page.locator('.offline').count()).toBe(0);
    await page.context().close();
  });

  test('every view: no violation of axe, nothing wider than a window of 360 pixels, light and dark', async () => {
    const { page: list } = await browser.open(server.address);
    const player = await list.locator('a.title').first().getAttribute('href');
    await list.context().close();
    const found: Record<string, unknown> = {};
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const view of ['#/', `${player}`, `${player}/edit`, '#/system']) {
        const { page } = await browser.open(`${server.address}${view}`, {
          colorScheme,
          viewport: { width: 360, height: 740 },
        });
        if (view === '#/') await page.locator('li.video').first().waitFor();
        else if (view === '#/system') await page.locator('.model').first().waitFor();
        else if (view === player) {
          await page.getByRole('button', { name: 'Keyframes, drafts' }).click();
          await page.locator('.frame').first().waitFor();
        } else {
          await page.locator('.cue .line').first().click();
          await page.locator('textarea').waitFor();
        }
        const problems = [...(await axeViolations(page)), ...((await overflow(page)) > 0 ? ['too wide'] : [])];
        if (problems.length > 0) found[`${view} ${colorScheme}`] = problems;
        await page.context().close();
      }
    }
    expect(found).toEqual({});
  });

  test('under a sub-path, with a password: a wrong one, the right one, and out again', async () => {
    const guarded = await startServer(
      ['--model', tinyBundle(), '--base-path', '/captions', '--data', path.join(folder.path, 'guarded')],
      { cwd: folder.path, env: { SECONDGLANCE_SERVE_PASSWORD: 'a long enough password' } },
    );
    const { page, faults } = await browser.open(`${new URL(guarded.address).origin}/captions/`);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel('Password').fill('a long enough password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Videos' }).waitFor();
    await upload(page, path.join(folder.path, 'film.mp4'));
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Password').waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
    await guarded.stop();
  });
});
