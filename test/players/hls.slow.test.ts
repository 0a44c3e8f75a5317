import { copyFile, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Cue } from '../../src/core/types.ts';
import { probe } from '../../src/ingest/probe/probe.ts';
import { openTrackWriter } from '../../src/pipeline/formats/formats.ts';
import { segmentVideo } from '../../src/pipeline/media/segment.ts';
import { openFileSink } from '../../src/storage/file-sink.ts';
import { film, H264 } from '../cli/support/films.ts';
import { benches } from '../cli/support/room.ts';
import { HEADER, seconds } from '../pipeline/support/captions.ts';
import { NEVER, sourceOf } from '../support/reading.ts';
import { ffmpeg } from '../support/videos.ts';
import { chromiumPath, NO_CHROMIUM, type Players, startPlayers } from './support/browser.ts';
import { allCues, momentAt, nameOf, playHls } from './support/playing.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const chromium = chromiumPath();

/** Films of the same pictures, that begin at all kinds of times. */
const FILMS = ['film.mp4', 'late-pictures.mp4', 'late-sound.mkv', 'offset.ts', 'film.webm', 'silent.mp4'];

describe.skipIf(chromium === undefined)(`hls.js and HLS${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  const bench = benches(async (shared) => {
    const at = (name: string): string => path.join(shared, name);
    await film(at('film.mp4'));
    await film(at('film.webm'), ['-c:v', 'libvpx-vp9', '-g', '20', '-b:v', '200k'], ['-c:a', 'libopus']);
    const twice = ['-i', at('film.mp4'), '-itsoffset', '1', '-i', at('film.mp4')];
    await ffmpeg(...twice, '-map', '1:v', '-map', '0:a', '-c', 'copy', at('late-pictures.mp4'));
    await ffmpeg(...twice, '-map', '0:v', '-map', '1:a', '-c', 'copy', at('late-sound.mkv'));
    await ffmpeg('-i', at('film.mp4'), '-c', 'copy', '-output_ts_offset', '1000', at('offset.ts'));
    await ffmpeg('-i', at('film.mp4'), '-c', 'copy', '-an', at('silent.mp4'));
  });
  let players: Players;
  beforeAll(async () => {
    players = await startPlayers(chromium ?? '');
  });
  afterAll(() => players?.close());

  test.each(FILMS)('%s: at every change of picture, the text changes with it', async (name) => {
    const { shared, caption, folder, at } = await bench(name);
    await copyFile(path.join(shared, name), at(name));
    const { code, stderr } = await caption(name, '-f', 'hls', '--kind', 'captions', '--language', 'en-GB');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const page = await players.open(folder);
    const { subtitles, kinds } = await playHls(page, `${path.parse(name).name}.m3u8`);
    expect(subtitles).toEqual([
      {
        name: 'Captions',
        lang: 'en-GB',
        characteristics:
          'public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound',
      },
    ]);
    expect(kinds).toEqual(['captions']);
    // Players may put the whole off by a little, pictures and cues alike: what counts is that they go together.
    const cues = await allCues(page);
    expect(cues.map(({ text }) => text)).toEqual(
      ['red', 'green', 'blue'].map((colour) => `A bright ${colour} picture`),
    );
    for (const { start } of cues.slice(1)) {
      for (const time of [start - 0.06, start + 0.06]) {
        const moment = await momentAt(page, time);
        expect({ time, cues: moment.cues }).toEqual({ time, cues: [`A bright ${nameOf(moment)} picture`] });
      }
    }
    await page.close();
  });

  test('a track of several segments: a cue across their border is there once, wherever one begins to play', async () => {
    const { folder, at } = await bench('long');
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=5:d=150', ...H264, at('long.mp4'));
    const source = await sourceOf(at('long.mp4'));
    const media = await probe(source, { signal: NEVER });
    const header = { ...HEADER, segmentVideo: (to: string) => segmentVideo(source, media, to, NEVER) };
    const writer = await openTrackWriter('hls', await openFileSink(at('long.m3u8')), header);
    const cues = [50, 70, 90, 110].map(
      (start): Cue => ({ start: seconds(start), end: seconds(start + 20), text: `From ${start}`, from: [0] }),
    );
    for (const cue of cues) await writer.cue(cue);
    await writer.finish({ end: seconds(1.5 + 150) });
    const page = await players.open(folder);
    const { duration } = await playHls(page, 'long.m3u8');
    expect(duration).toBeCloseTo(150, 0);
    const said: string[] = [];
    for (const time of [65, 59, 61, 119.5, 121, 95]) {
      // hls.js loads the text around the new place behind the picture.
      await expect.poll(async () => (await momentAt(page, time)).cues.length).toBeGreaterThan(0);
      said.push((await momentAt(page, time)).cues.join(' | '));
    }
    expect(said).toEqual(['From 50', 'From 50', 'From 50', 'From 110', 'From 110', 'From 90']);
    const all = (await allCues(page)).map(({ text }) => text).sort();
    expect(all).toEqual([...new Set(all)]);
    await page.close();
  });

  test('a video that no HLS player takes is refused with what to do, before anything is captioned', async () => {
    const { at, caption, folder } = await bench('refused');
    await mkdir(at('in'));
    await film(at('in', 'old.avi'), ['-c:v', 'mpeg4'], ['-c:a', 'mp2']);
    const { code, stderr } = await caption('in/old.avi', '-o', 'old.m3u8');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `"in/old.avi" cannot be copied into HLS: players do not support mpeg4 there; convert it to H.264 and AAC first, or use -f vtt.\n`,
    });
    expect(await readdir(folder)).toEqual(['in']);
  });
});
