import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Cue } from '../../src/core/types.ts';
import { film } from '../cli/support/films.ts';
import { seconds } from '../pipeline/support/captions.ts';
import { writeTrack } from '../pipeline/support/writing.ts';
import { makeFolder } from '../support/videos.ts';
import { chromiumPath, NO_CHROMIUM, type Players, startPlayers } from './support/browser.ts';
import { allCues, momentAt, nameOf, playFile } from './support/playing.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const chromium = chromiumPath();

const TEXTS = ['A red picture', 'Salt & pepper --> <b>a "table"</b>\nwith {\\an8} Ein Café 🐕', 'A blue picture'];
const CUES = TEXTS.map((text, at): Cue => ({ start: seconds(2 * at), end: seconds(2 * at + 2), text, from: [at] }));

describe.skipIf(chromium === undefined)(`Chromium and a WebVTT track${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let folder: { path: string; remove: () => Promise<void> };
  let players: Players;
  beforeAll(async () => {
    folder = await makeFolder();
    await film(path.join(folder.path, 'film.mp4'), undefined, undefined, '640x360');
    await writeFile(path.join(folder.path, 'film.vtt'), (await writeTrack('vtt', { cues: CUES })).text);
    await writeFile(path.join(folder.path, 'empty.vtt'), (await writeTrack('vtt', {})).text);
    players = await startPlayers(chromium ?? '');
  });
  afterAll(async () => {
    await players?.close();
    await folder.remove();
  });

  test('all kinds: every cue, at its time, with its text as it was written', async () => {
    const page = await players.open(folder.path);
    for (const kind of ['descriptions', 'subtitles', 'captions']) {
      await playFile(page, 'film.mp4', 'film.vtt', kind);
      expect(await allCues(page)).toEqual(TEXTS.map((text, at) => ({ start: 2 * at, end: 2 * at + 2, text })));
      for (const [time, colour, text] of [
        [0.05, 'red', TEXTS[0]],
        [1.95, 'red', TEXTS[0]],
        [2.05, 'green', TEXTS[1]],
        [5.9, 'blue', TEXTS[2]],
      ] as const) {
        const moment = await momentAt(page, time);
        expect({ time, colour: nameOf(moment), cues: moment.cues }).toEqual({ time, colour, cues: [text] });
      }
    }
    await page.close();
  });

  test('captions can be seen: white letters in the lower part of the screen', async () => {
    const page = await players.open(folder.path);
    /** Nearly white pixels in the upper and the lower half of what a viewer sees. */
    const white = async (track: string): Promise<{ upper: number; lower: number }> => {
      await playFile(page, 'film.mp4', track, 'captions');
      await momentAt(page, 1);
      const { data, info } = await sharp(await page.screenshot())
        .removeAlpha()
        .greyscale()
        .raw()
        .toBuffer({
          resolveWithObject: true,
        });
      const count = (from: number, to: number): number =>
        data.subarray(from * info.width, to * info.width).filter((value) => value > 230).length;
      return { upper: count(0, info.height / 2), lower: count(info.height / 2, info.height) };
    };
    expect(await white('empty.vtt')).toEqual({ upper: 0, lower: 0 });
    const shown = await white('film.vtt');
    expect(shown.upper).toBe(0);
    expect(shown.lower).toBeGreaterThan(100);
    await page.close();
  });
});
