import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { film } from '../cli/support/films.ts';
import { chromiumPath, NO_CHROMIUM } from '../players/support/browser.ts';
import { tinyBundle } from '../support/run.ts';
import { makeFolder } from '../support/videos.ts';
import { startServer, type TestServer } from '../web/support/server.ts';
import { axeViolations, type PageBrowser, startPageBrowser } from './support/browser-page.ts';

const chromium = chromiumPath();
const [RED, GREEN, BLUE] = ['A bright red picture', 'A bright green picture', 'A bright blue picture'];
const ARABIC = 'صورة حمراء (1)';

describe.skipIf(chromium === undefined)(`a video by its address${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let browser: PageBrowser;
  let server: TestServer;
  let films: Server;
  beforeAll(async () => {
    folder = await makeFolder();
    const bytes = await readFile(await film(path.join(folder.path, 'film.mp4')));
    films = createServer((request, response) => {
      if (request.url === '/film.mp4') response.setHeader('content-type', 'video/mp4').end(bytes);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => films.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(films.address() as AddressInfo).port}`;
    const args = ['--model', tinyBundle(), '--allow-urls', host, '--data', path.join(folder.path, 'data')];
    server = await startServer(args, { cwd: folder.path, env: {} });
    browser = await startPageBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    films?.close();
    await folder?.remove();
  });

  test('is added; its cues are added, shifted, deleted, asked for again, and shown from right to left', async () => {
    const { page, faults } = await browser.open(server.address);
    await page.getByRole('button', { name: 'From the server or a URL' }).click();
    const address = `http://127.0.0.1:${(films.address() as AddressInfo).port}/film.mp4`;
    await page.getByRole('textbox', { name: /^Address of a video/ }).fill(address);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const row = page.locator('li.video', { hasText: 'film.mp4' });
    await row.locator('.tag', { hasText: 'Done' }).waitFor();
    const player = (await row.locator('a.title').getAttribute('href')) ?? '';
    await page.goto(`${server.address}${player}/edit`);

    const texts = (): Promise<string[]> =>
      page
        .locator('.cue .line-text, .cue textarea')
        .evaluateAll((all) => all.map((each) => ('value' in each ? String(each.value) : (each.textContent ?? ''))));
    const field = page.locator('textarea');
    const start = (number: number) => page.getByRole('textbox', { name: `Start of cue ${number}` });
    await expect.poll(texts).toEqual([RED, GREEN, BLUE]);
    await page.locator('.cue .line').nth(2).click();
    await page.getByRole('button', { name: 'Shift' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('0.5');
    await page.getByRole('dialog').getByRole('button', { name: 'Shift' }).click();
    await expect.poll(() => start(3).inputValue()).toMatch(/^0?0:04\.500$/);
    await page.getByRole('button', { name: 'Delete this cue' }).click();
    await expect.poll(texts).toEqual([RED, GREEN]);

    await page.locator('.cue .line').first().click();
    await page.getByRole('button', { name: 'Ask the model again' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Passes' }).selectOption('1');
    await dialog.getByRole('button', { name: 'Ask', exact: true }).click();
    await dialog.getByText('A red picture').waitFor();
    await dialog.getByRole('button', { name: 'Use this text' }).first().click();
    await expect.poll(texts).toEqual(['A red picture', GREEN]);

    await page.locator('.cue .line').last().click();
    await field.fill(ARABIC);
    const direction = (selector: string) =>
      page.locator(selector, { hasText: ARABIC }).evaluate((each) => {
        const { getComputedStyle } = globalThis as unknown as { getComputedStyle(of: unknown): { direction: string } };
        return getComputedStyle(each).direction;
      });
    await expect.poll(() => field.evaluate((each) => each.matches(':dir(rtl)'))).toBe(true);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.toasts', { hasText: 'Saved' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.goto(`${server.address}${player}`);
    await page.locator('.line', { hasText: ARABIC }).waitFor();
    expect(await direction('.line-text')).toBe('rtl');
    await expect.poll(() => page.locator('.line-text').allTextContents()).toEqual(['A red picture', ARABIC]);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('the system page has the server, its models, and what doctor finds', async () => {
    const { page, faults } = await browser.open(`${server.address}#/system`);
    await page.locator('.model', { hasText: 'everyday-small' }).waitFor();
    await page.locator('.facts', { hasText: 'in this server' }).waitFor();
    await page.getByRole('button', { name: 'Check' }).click();
    await page.locator('.checks li', { hasText: 'ffmpeg' }).first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
