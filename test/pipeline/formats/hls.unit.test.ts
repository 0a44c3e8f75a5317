import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { WebVTTParser } from 'webvtt-parser';
import type { Cue } from '../../../src/core/types.ts';
import { openTrackWriter } from '../../../src/pipeline/formats/formats.ts';
import { addSubtitles, segmentCues, subtitlePlaylist } from '../../../src/pipeline/formats/hls-segments.ts';
import type { TrackHeader } from '../../../src/pipeline/formats/track-writer.ts';
import { openFileSink } from '../../../src/storage/file-sink.ts';
import { temporaryFolder } from '../../storage/support/folder.ts';
import { HEADER, seconds } from '../support/captions.ts';

function cue(start: number, end: number, text: string): Cue {
  return { start: seconds(start), end: seconds(end), text, from: [0] };
}

/** The texts of a track's segments. */
function segmentsOf(cues: readonly Cue[], end: number): { segments: string[]; duration: number } {
  const stages = segmentCues();
  const early = cues.flatMap((one) => stages.next(one));
  const { segments, duration } = stages.end(end * 1000);
  return { segments: [...early, ...segments], duration };
}

const HEAD = 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n';

test('a cue is part of every segment during which it is shown, with its full times', () => {
  const cues = [cue(0, 60, 'A'), cue(60, 200, 'B <3'), cue(230, 239.9996, 'C'), cue(240, 241, 'D')];
  const b = '\n2\n00:01:00.000 --> 00:03:20.000\nB &lt;3\n';
  expect(segmentsOf(cues, 241).segments).toEqual([
    `${HEAD}\n1\n00:00:00.000 --> 00:01:00.000\nA\n`,
    `${HEAD}${b}`,
    `${HEAD}${b}`,
    // What is written as 240.000 is over when the fifth segment begins.
    `${HEAD}${b}\n3\n00:03:50.000 --> 00:04:00.000\nC\n`,
    `${HEAD}\n4\n00:04:00.000 --> 00:04:01.000\nD\n`,
  ]);
});

test('every segment has the cues of its time, and a strict parser reads it', () => {
  const cues = Array.from({ length: 200 }, (_, at) => cue(at * 7.3, at * 7.3 + 1 + (at % 9) * 20, `Cue ${at}`));
  const { segments, duration } = segmentsOf(cues, 2000);
  expect(segments).toHaveLength(Math.ceil(duration / 60_000));
  segments.forEach((text, at) => {
    // The header of HLS is all that WebVTT alone does not know.
    const plain = text.replace(/^X-TIMESTAMP-MAP=.*\n/m, '');
    const { cues: read, errors } = new WebVTTParser({}).parse(plain, 'captions');
    expect(errors).toEqual([]);
    const shown = cues.filter(({ start, end }) => start < seconds(60 * (at + 1)) && end > seconds(60 * at));
    expect(read.map(({ tree }) => tree.children?.[0]?.value)).toEqual(shown.map(({ text: said }) => said));
  });
});

test('the durations add up to the video, and no segment exceeds the target duration', () => {
  for (const duration of [1, 400, 59_999, 60_000, 60_001, 3_600_000, 90_061_234]) {
    const text = subtitlePlaylist(duration);
    const lengths = [...text.matchAll(/^#EXTINF:([\d.]+),$/gm)].map((found) => Number(found[1]));
    const target = Number(/^#EXT-X-TARGETDURATION:(\d+)$/m.exec(text)?.[1]);
    expect(Math.round(lengths.reduce((sum, length) => sum + length, 0) * 1000)).toBe(duration);
    expect(lengths.filter((length) => Math.round(length) > target)).toEqual([]);
    expect(text.endsWith('#EXT-X-ENDLIST\n')).toBe(true);
  }
});

test('the master playlist offers the track with every variant', () => {
  const master =
    '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb.m3u8\n';
  const rendition = { name: 'Captions', language: 'pt-BR', characteristics: ['x.a', 'x.b'], playlist: 's.m3u8' };
  expect(addSubtitles(master, 'f%20g', rendition)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Captions",LANGUAGE="pt-BR",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="x.a,x.b",URI="f%20g/s.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="subtitles"
f%20g/a.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2,SUBTITLES="subtitles"
f%20g/b.m3u8
`);
});

/** A header whose video is a made-up one. */
function header(video: string): TrackHeader {
  return {
    ...HEADER,
    segmentVideo: async (folder) => {
      await writeFile(path.join(folder, 'video.mp4'), video);
      await writeFile(path.join(folder, 'video.m3u8'), `#EXTM3U\n#${video}\n`);
      return { master: '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo.m3u8\n', notes: [] };
    },
  };
}

async function write(file: string, video: string, cues: readonly Cue[]): Promise<void> {
  const writer = await openTrackWriter('hls', await openFileSink(file), header(video));
  for (const one of cues) await writer.cue(one);
  await writer.finish({ end: seconds(71.5) });
}

test('the master playlist appears last and refers to a complete folder; the previous folder is removed', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'my film.m3u8');
  await write(file, 'one', [cue(0, 65, 'A')]);
  const [set = '', ...more] = (await readdir(folder)).filter((name) => name !== 'my film.m3u8');
  expect({ set, more }).toEqual({ set: expect.stringMatching(/^my_film-[0-9a-f]{4}-[0-9a-f]{8}\.hls$/), more: [] });
  expect(await readFile(file, 'utf8')).toContain(`URI="${set}/subtitles.m3u8"`);
  const names = ['subtitles-00000.vtt', 'subtitles-00001.vtt', 'subtitles.m3u8', 'video.m3u8', 'video.mp4'];
  expect((await readdir(path.join(folder, set))).sort()).toEqual(names);

  await write(file, 'one', [cue(0, 65, 'A')]);
  expect((await readdir(folder)).sort()).toEqual(['my film.m3u8', set]);
  await write(file, 'one', [cue(0, 65, 'B')]);
  const now = (await readdir(folder)).filter((name) => name.endsWith('.hls'));
  expect(now).toHaveLength(1);
  expect(now).not.toContain(set);
});

test('the next run removes what a killed run left behind', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'film.m3u8');
  // A name as this machine gives it, which is not open in this process.
  const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 6);
  const left = path.join(folder, `.film.m3u8.${host}-${process.pid}-0123abcd.part`);
  await mkdir(left);
  await writeFile(path.join(left, 'video.mp4'), 'half a film');
  await write(file, 'one', []);
  expect((await readdir(folder)).sort()).toEqual([expect.stringMatching(/^film-\w{8}\.hls$/), 'film.m3u8']);
});

test('a failed run leaves the previous output, and nothing of its own', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'film.m3u8');
  await write(file, 'one', []);
  // A folder that is not ours, with a similar name.
  await mkdir(path.join(folder, 'film-notes.hls'));
  const before = (await readdir(folder)).sort();
  const text = await readFile(file, 'utf8');

  const aborted = await openTrackWriter('hls', await openFileSink(file), header('two'));
  await aborted.cue(cue(0, 100, 'A'));
  await aborted.abort();
  expect((await readdir(folder)).sort()).toEqual(before);

  const broken = { ...HEADER, segmentVideo: () => Promise.reject(new Error('no room')) };
  await expect(openTrackWriter('hls', await openFileSink(file), broken)).rejects.toThrow('no room');
  expect((await readdir(folder)).sort()).toEqual(before);

  const late = await openTrackWriter('hls', await openFileSink(file), header('three'));
  await writeFile(file, `${text}\n`);
  await expect(late.finish({ end: seconds(9) })).rejects.toMatchObject({ code: 'output-changed' });
  await late.abort();
  expect((await readdir(folder)).sort()).toEqual(before);
});
