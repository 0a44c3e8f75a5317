import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { runEach } from '../../cli/support/program.ts';
import { benches, jsonLines } from '../../cli/support/room.ts';
import { chromiumPath, NO_CHROMIUM, startPlayers } from '../../players/support/browser.ts';
import { describeRecording, makeArchive } from '../support/archive.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

/** Two cameras by day and night, many pictures, a name that is long and has no spaces. */
const bench = benches(async (shared) => {
  const archive = makeArchive(path.join(shared, 'night.db'), 'Europe/Berlin');
  for (const camera of ['front', `garden-${'x'.repeat(80)}`]) {
    for (let hour = 0; hour < 24; hour += 2) {
      const start = new Date(Date.parse('2026-11-24T00:00:00+01:00') + hour * 3_600_000).toISOString();
      const sights = [1, 20, 40].map((at) => ({ at, text: `Hour ${hour}, second ${at}`, colour: 'teal' }));
      await describeRecording(archive, { camera, start }, sights);
    }
  }
  archive.db.close();
});

test('a page of a day; ours is replaced, another is not', async () => {
  const { shell, shared, read, at, folder, env } = await bench('page');
  const state = path.join(shared, 'night.db');
  const args = ['report', '--state', state, '--date', '2026-11-24'];
  const [made, again] = await runEach([args, [...args, '--json']], { cwd: folder, env });
  expect(made).toMatchObject({ code: 0, stdout: '' });
  const name = 'secondglance-report-2026-11-24.html';
  expect(made?.stderr).toBe(`24 recordings from 2 cameras: 24 described, 0 failed, 0 waiting -> ${at(name)}\n`);
  const html = await read(name);
  expect(html.match(/data:image\/jpeg;base64,/g)).toHaveLength(2 * 24);
  expect(again?.code).toBe(0);
  expect(jsonLines(again?.stdout ?? '')).toEqual([
    {
      ...{ event: 'report', output: at(name), since: '2026-11-24T00:00:00.000+01:00' },
      ...{ until: '2026-11-25T00:00:00.000+01:00', cameras: 2, recordings: 24, described: 24, partial: 0 },
      ...{ failed: 0, waiting: 0, unfinished: 0, gone: 0, guessed: 0, moments: 72 },
    },
  ]);
  await writeFile(at(name), 'mine');
  const other = ['report', '--date', '24.11.2026', '--state', 'x.db'];
  expect(await runEach([args, other], { cwd: folder, env })).toMatchObject([
    { code: 1, stderr: expect.stringMatching(/--force overwrites it/) },
    { code: 1, stdout: '' },
  ]);
  expect(await read(name)).toBe('mine');
  expect(await readdir(folder)).toEqual([name]);
  const piped = await shell(`$SG report --state '${state}' --date 2026-11-24 -o - | head -c 15`);
  expect(piped).toMatchObject({ stdout: '<!DOCTYPE html>', code: 0 });
});

test.skipIf(chromiumPath() === undefined)(
  'a browser asks for nothing, and a phone need not scroll sideways',
  async () => {
    const { shell, shared, folder } = await bench('browser');
    const { code } = await shell(
      `$SG report --state '${path.join(shared, 'night.db')}' --date 2026-11-24 -o page.html`,
    );
    expect(code).toBe(0);
    const players = await startPlayers(chromiumPath() ?? NO_CHROMIUM);
    try {
      const page = await players.open(folder);
      const asked: string[] = [];
      const said: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => said.push(message.text()));
      await page.setViewportSize({ width: 360, height: 740 });
      const address = new URL('page.html', page.url()).href;
      await page.goto(address);
      expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([address]);
      expect(said).toEqual([]);
      const measured = await page.evaluate(`({
      width: document.documentElement.scrollWidth,
      broken: [...document.images].filter((image) => image.naturalWidth === 0).length,
      images: document.images.length,
      bars: [...document.querySelectorAll('.line .bar')].map((bar) => bar.getBoundingClientRect().width > 0),
    })`);
      expect(measured).toMatchObject({ width: 360, broken: 0, images: 48 });
      expect((measured as { bars: boolean[] }).bars).toEqual(Array.from({ length: 24 }, () => true));
    } finally {
      await players.close();
    }
  },
);
