import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { probe } from '../../src/ingest/probe/probe.ts';
import { HlsDestination, LIVE_PLAYLIST } from '../../src/live/outputs/hls/hls-destination.ts';
import { caption, ManualClock, state } from '../live/outputs/support/events.ts';
import { NEVER, sourceOf } from '../support/reading.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';
import { chromiumPath, NO_CHROMIUM, type Players, startPlayers } from './support/browser.ts';
import { allCues, momentAt, nameOf, playHls } from './support/playing.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const chromium = chromiumPath();
const COLOURS = ['red', 'green', 'blue'];
/** Seconds of each. */
const LASTS = 8;

describe.skipIf(chromium === undefined)(`hls.js and live captions${chromium ? '' : `: ${NO_CHROMIUM}`}`, () => {
  let players: Players;
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  beforeAll(async () => {
    folder = await makeFolder();
    players = await startPlayers(chromium ?? '');
  });
  afterAll(async () => {
    await players?.close();
    await folder?.remove();
  });

  test('captions of an HLS stream go with its pictures, by the clock of the stream', async () => {
    const at = (name: string): string => path.join(folder.path, name);
    const inputs = COLOURS.flatMap((colour) => ['-f', 'lavfi', '-i', `color=${colour}:s=64x48:r=5:d=${LASTS}`]);
    await ffmpeg(
      ...[...inputs, '-filter_complex', 'concat=n=3', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '10'],
      ...['-output_ts_offset', '5000', '-f', 'hls', '-hls_time', '6', '-hls_list_size', '0', at('video.m3u8')],
    );
    const { start } = await probe(await sourceOf(at('video0.ts')), { signal: NEVER });
    const clock = new ManualClock();
    const captions = new HlsDestination('front', folder.path, { window: 60_000 }, clock);
    for (const [index, colour] of COLOURS.entries()) {
      for (let second = 0; second < LASTS; second += 1) {
        const time = index * LASTS + second;
        clock.set(time + 1);
        await captions.take(caption(time, `A ${colour} picture`, { pts: start + time * 1e6 }));
        await captions.work();
      }
    }
    await captions.take(state(COLOURS.length * LASTS, 'ended'));
    await captions.work();
    await writeFile(
      at('master.m3u8'),
      `#EXTM3U
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="Captions",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="${LIVE_PLAYLIST}"
#EXT-X-STREAM-INF:BANDWIDTH=100000,SUBTITLES="captions"
video.m3u8
`,
    );
    const page = await players.open(folder.path);
    await playHls(page, 'master.m3u8');
    for (const [index, colour] of COLOURS.entries()) {
      for (const time of [index * LASTS + 0.5, index * LASTS + LASTS - 0.5]) {
        await expect.poll(async () => (await momentAt(page, time)).cues).toHaveLength(1);
        const moment = await momentAt(page, time);
        expect({ time, picture: nameOf(moment), cues: moment.cues }).toEqual({
          ...{ time, picture: colour, cues: [`A ${colour} picture`] },
        });
      }
    }
    const ids = (await allCues(page)).map(({ start: from, end, text }) => `${from} ${end} ${text}`);
    expect(ids).toEqual([...new Set(ids)]);
    await page.close();
  });
});
