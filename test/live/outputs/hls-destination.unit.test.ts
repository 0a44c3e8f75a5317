import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebVTTParser } from 'webvtt-parser';
import { HlsDestination, LIVE_PLAYLIST } from '../../../src/live/outputs/hls/hls-destination.ts';
import { makeFolder } from '../../support/videos.ts';
import { caption, ManualClock, state } from './support/events.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let clock: ManualClock;
beforeEach(async () => {
  folder = await makeFolder();
  clock = new ManualClock();
});
afterEach(() => folder.remove());

/** Four segments of 6 s. */
const open = (): HlsDestination => new HlsDestination('front', folder.path, { window: 24_000 }, clock);
const playlist = (): Promise<string> => readFile(path.join(folder.path, LIVE_PLAYLIST), 'utf8');
const segments = async (): Promise<string[]> =>
  (await readdir(folder.path)).filter((name) => name.endsWith('.vtt')).sort();

/** One caption a second, from `from` to before `to` seconds after noon. */
async function run(output: HlsDestination, from: number, to: number, session = 0): Promise<void> {
  for (let at = from; at < to; at += 1) {
    clock.set(at + 1);
    await output.take(caption(at, `At ${at}`, { session }));
    await output.work();
  }
}

test('the playlist is a window of segments, which stay for as long as players may ask for them', async () => {
  const output = open();
  await run(output, 0, 60);
  // At 60 s: segments up to 54 s, and those of the four before them.
  expect(await playlist()).toBe(`#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:5
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T12:00:30.000Z
#EXTINF:6.000,
captions-5-1795694430000.vtt
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T12:00:36.000Z
#EXTINF:6.000,
captions-6-1795694436000.vtt
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T12:00:42.000Z
#EXTINF:6.000,
captions-7-1795694442000.vtt
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T12:00:48.000Z
#EXTINF:6.000,
captions-8-1795694448000.vtt
`);
  expect((await segments()).map((name) => name.split('-')[1])).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
  await run(output, 60, 90);
  expect((await segments()).map((name) => name.split('-')[1])).toEqual([
    '10',
    '11',
    '12',
    '13',
    '5',
    '6',
    '7',
    '8',
    '9',
  ]);
});

test('every segment is valid WebVTT, and every caption is in one', async () => {
  const output = open();
  await run(output, 0, 25);
  await output.close();
  const texts = new Set<string>();
  for (const name of await segments()) {
    const { errors, cues } = new WebVTTParser({}).parse(
      await readFile(path.join(folder.path, name), 'utf8'),
      'metadata',
    );
    // X-TIMESTAMP-MAP is HLS, not WebVTT.
    expect(errors.filter(({ line }) => line !== 2)).toEqual([]);
    for (const { text } of cues) texts.add(text);
  }
  expect([...texts]).toEqual(Array.from({ length: 25 }, (_, at) => `At ${at}`));
  // The next run may go on, so the playlist does not end.
  expect(await playlist()).not.toContain('ENDLIST');
});

test('a run after a kill goes on: a discontinuity, no number twice, no segment that nothing lists', async () => {
  await run(open(), 0, 20);
  // It was killed between a segment and the playlist.
  await writeFile(path.join(folder.path, 'captions-2-1795694412000.vtt'), 'half');
  const before = await segments();
  clock.set(40);
  const output = open();
  await run(output, 40, 60);
  await output.close();
  const text = await playlist();
  expect(text).toContain('#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-11-26T12:00:36.000Z');
  const [first, second] = before;
  expect(before).toEqual([expect.stringMatching('-0-'), expect.stringMatching('-1-'), 'captions-2-1795694412000.vtt']);
  expect(text).not.toContain('1795694412000');
  expect((await segments()).slice(0, 2)).toEqual([first, second]);
  expect((await segments()).map((name) => name.split('-')[1])).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(text).toContain('#EXT-X-MEDIA-SEQUENCE:2\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-DISCONTINUITY\n');
  const third = open();
  await run(third, 60, 120);
  expect(await playlist()).toMatch(/#EXT-X-MEDIA-SEQUENCE:11\n#EXT-X-DISCONTINUITY-SEQUENCE:2\n/);
});

test('where the playlist was lost, numbers go on after those of the segments', async () => {
  await run(open(), 0, 30);
  await rm(path.join(folder.path, LIVE_PLAYLIST));
  clock.set(60);
  const output = open();
  await run(output, 60, 80);
  expect(await playlist()).toContain('#EXT-X-MEDIA-SEQUENCE:4\n');
  expect(await playlist()).toContain('captions-4-1795694460000.vtt');
});

test('the playlist of somebody else is not overwritten, and the message says so', async () => {
  await writeFile(path.join(folder.path, LIVE_PLAYLIST), '#EXTM3U\n#EXTINF:1,\nsong.mp3\n');
  await expect(run(open(), 0, 20)).rejects.toThrow(/captions\.m3u8 already exists.*move it away/);
  expect(await playlist()).toContain('song.mp3');
});

test('while the folder is away segments wait, and the playlist catches up afterwards', async () => {
  const output = open();
  await run(output, 0, 12);
  const aside = `${folder.path}-aside`;
  await rename(folder.path, aside);
  await writeFile(folder.path, 'in the way');
  await expect(run(output, 12, 30)).rejects.toThrow(/a file is in the way/);
  await rm(folder.path);
  await rename(aside, folder.path);
  await run(output, 30, 31);
  expect((await segments()).map((name) => name.split('-')[1])).toEqual(['0', '1', '2', '3']);
  expect(await playlist()).not.toContain('DISCONTINUITY\n');
});

test('a source that has ended: the playlist says so, until it is read again', async () => {
  const output = open();
  await run(output, 0, 10);
  await output.take(state(10, 'ended'));
  await output.work();
  expect(await playlist()).toMatch(/#EXTINF:4\.000,\n.*\n#EXT-X-ENDLIST\n$/);
  clock.set(30);
  await run(output, 30, 45, 1);
  expect(await playlist()).not.toContain('ENDLIST');
  expect(await playlist()).toContain('#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-11-26T12:00:30.000Z');
});
