import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { film } from '../cli/support/films.ts';
import { chromiumPath, NO_CHROMIUM } from '../players/support/browser.ts';
import { tinyBundle } from '../support/run.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';
import { startServer, type TestServer } from '../web/support/server.ts';
import { axeViolations, overflow, type PageBrowser, startPageBrowser } from './support/browser-page.ts';

const chromium = chromiumPath();

describe.skipIf(chromium === undefined)(`steps in Chromium${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let browser: PageBrowser;
  let server: TestServer;
  let view: string;
  beforeAll(async () => {
    folder = await makeFolder();
    await film(path.join(folder.path, 'film.mp4'), undefined, undefined, '320x240');
    server = await startServer(
      ['--model', tinyBundle(), '--folder', folder.path, '--data', path.join(folder.path, 'data')],
      { cwd: folder.path, env: {} },
    );
    const source = { path: path.join(folder.path, 'film.mp4') };
    const { videos } = await server.client('POST /videos', { body: { source } });
    const id = videos[0]?.id ?? '';
    await server.settled(id, 'done', 'failed');
    view = `${server.address}#/videos/${id}/steps`;
    browser = await startPageBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await folder?.remove();
  });

  const titles = (page: Page) => page.getByRole('textbox', { name: /^Title of step/ });
  const boundary = (page: Page, step: number) => page.getByRole('slider', { name: `Start of step ${step}` });
  const startOf = async (page: Page, step: number) => Number(await boundary(page, step).getAttribute('aria-valuenow'));

  test('steps are found, renamed, moved by keyboard and pointer, undone, saved and exported', async () => {
    const { page, faults } = await browser.open(view);
    await page.getByLabel('Shortest step, in seconds').fill('1');
    await page.getByRole('button', { name: 'Find the steps' }).click();
    await expect.poll(() => titles(page).count()).toBe(3);

    await titles(page).first().fill('Paint it red');
    await page.getByRole('textbox', { name: 'Words of step 1' }).fill('Take a brush & paint.');
    const before = await startOf(page, 2);
    await boundary(page, 2).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => startOf(page, 2)).toBeCloseTo(before + 0.4, 2);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => startOf(page, 2)).toBe(before);
    const line = await page.locator('.step-line').boundingBox();
    const handle = await boundary(page, 3).boundingBox();
    if (line === null || handle === null) throw new Error('the timeline is not shown');
    const middle = line.y + line.height / 2;
    await page.mouse.move(handle.x + handle.width / 2, middle);
    await page.mouse.down();
    await page.mouse.move(line.x + line.width * 0.75, middle, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => startOf(page, 3)).toBeCloseTo(4.5, 0);

    await page.getByRole('button', { name: 'Picture of step 2' }).click();
    await page.locator('.frame-choice button').first().click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.toasts', { hasText: 'Saved' }).waitFor();
    await page.reload();
    await titles(page).first().waitFor();
    await expect.poll(() => titles(page).first().inputValue()).toBe('Paint it red');
    await expect.poll(() => startOf(page, 3)).toBeCloseTo(4.5, 0);
    await expect.poll(() => page.locator('img.step-picture').count()).toBe(3);

    const exported = async (name: string): Promise<string> => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
      const file = path.join(folder.path, download.suggestedFilename());
      await download.saveAs(file);
      return readFile(file, 'utf8');
    };
    expect(await exported('Guide (.html)')).toContain('Take a brush &#38; paint.');
    expect(await exported('Markdown (.md)')).toMatch(/Paint it red[\s\S]+Take a brush & paint\./);
    expect(await exported('Chapters (.vtt)')).toContain('Paint it red');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('what is not saved is kept from being lost; a second tab is told', async () => {
    const { page: one } = await browser.open(view);
    const { page: two } = await browser.open(view);
    await titles(two).first().waitFor();
    await titles(one).first().fill('Paint it dark red');
    await one.getByRole('button', { name: 'Save' }).click();
    const notice = two.locator('.notice', { hasText: 'saved elsewhere' });
    await notice.waitFor();
    await notice.getByRole('button', { name: 'Load them' }).click();
    await expect.poll(() => titles(two).first().inputValue()).toBe('Paint it dark red');
    await titles(two).first().fill('');
    await two.getByText('Step 1 needs a title.').waitFor();
    const asked: string[] = [];
    two.on('dialog', (dialog) => {
      asked.push(dialog.message());
      void dialog.dismiss();
    });
    await two.getByRole('link', { name: 'Cameras' }).click();
    await expect.poll(() => asked.length).toBe(1);
    expect(await titles(two).count()).toBe(3);
    await one.context().close();
    await two.context().close();
  });

  test('edited steps that were replaced are brought back, and can be undone', async () => {
    const { page, faults } = await browser.open(view);
    await titles(page).first().fill('Mine alone');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.toasts', { hasText: 'Saved' }).waitFor();
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByLabel('Shortest step, in seconds').fill('1');
    await page.getByRole('button', { name: 'Find again' }).click();
    await page.locator('.notice', { hasText: 'found again' }).getByRole('button', { name: 'Load them' }).click();
    await expect.poll(() => titles(page).first().inputValue()).not.toBe('Mine alone');
    const found = await titles(page).first().inputValue();
    const replaced = page.getByRole('region', { name: 'Replaced steps' });
    await replaced.getByRole('button', { name: 'Bring back' }).first().click();
    await expect.poll(() => titles(page).first().inputValue()).toBe('Mine alone');
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => titles(page).first().inputValue()).toBe(found);
    await page.getByRole('button', { name: 'Redo' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Guide (.html)' }).waitFor();
    await page.reload();
    await expect.poll(() => titles(page).first().inputValue()).toBe('Mine alone');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('chapters of a video that are markup are shown as text, in the guide too', async () => {
    const markup = '<img src=x onerror=document.title=1>';
    const chapters = path.join(folder.path, 'chapters.txt');
    const chapter = (start: number, title: string) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${start + 3000}\ntitle=${title}\n`;
    await writeFile(chapters, `;FFMETADATA1\n${chapter(0, markup.replaceAll('=', '\\='))}${chapter(3000, 'Plain')}`);
    const file = path.join(folder.path, 'chapters.mp4');
    const film = path.join(folder.path, 'film.mp4');
    await ffmpeg('-i', film, '-i', chapters, '-map', '0', '-map_metadata', '1', '-c', 'copy', file);
    const { videos } = await server.client('POST /videos', { body: { source: { path: file } } });
    const id = videos[0]?.id ?? '';
    await server.settled(id, 'done', 'failed');
    const { page, faults } = await browser.open(`${server.address}#/videos/${id}/steps`);
    await page.getByLabel('Shortest step, in seconds').fill('1');
    await page.getByRole('button', { name: 'Find the steps' }).click();
    await expect.poll(() => titles(page).first().inputValue()).toBe(markup);
    await page.getByRole('button', { name: 'Picture of step 1' }).click();
    await page.getByRole('dialog').getByText(`Picture of "${markup}"`).waitFor();
    expect(await page.title()).not.toBe('1');
    for (const format of ['html', 'md'] as const) {
      const guide = await (await fetch(`${server.api}/videos/${id}/guide?format=${format}`)).text();
      expect(guide).not.toContain(markup);
      expect(guide).toContain('onerror');
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('no violation of axe, nothing wider than a window of 360 pixels, light and dark', async () => {
    const found: Record<string, unknown> = {};
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await browser.open(view, { colorScheme, viewport: { width: 360, height: 740 } });
      await titles(page).first().waitFor();
      const problems = [...(await axeViolations(page)), ...((await overflow(page)) > 0 ? ['too wide'] : [])];
      await page.getByRole('button', { name: 'Picture of step 1' }).click();
      await page.locator('.frame-choice img').first().waitFor();
      problems.push(...(await axeViolations(page)));
      if (problems.length > 0) found[colorScheme] = problems;
      await page.context().close();
    }
    expect(found).toEqual({});
  });
});
