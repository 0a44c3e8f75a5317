import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { probe } from '../../../src/ingest/probe/probe.ts';
import type { Source } from '../../../src/ingest/sources/sources.ts';
import { withCopyPlan } from '../../../src/pipeline/media/copy-plan.ts';
import { cutClip } from '../../../src/pipeline/media/cut.ts';
import { segmentVideo } from '../../../src/pipeline/media/segment.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const run = promisify(execFile);
const signal = new AbortController().signal;
let folder: Awaited<ReturnType<typeof makeFolder>>;

/** Frame n is a grey of 3 n + 8, for 4 s of 20 a second: its brightness says which one it is. */
const GREYS = ['-f', 'lavfi', '-i', "color=black:s=64x48:r=20:d=4,format=gray,geq=lum='3*N+8'"];
const TONE = ['-f', 'lavfi', '-i', 'sine=d=4'];
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-qp', '4', '-g', '30', '-bf', '2', '-pix_fmt', 'yuv420p'];

beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

/** Numbers of the frames that a player shows. */
async function shown(file: string): Promise<number[]> {
  const args = ['-v', 'error', '-i', file, '-map', '0:v', '-vf', 'scale=1:1:flags=area,format=gray', '-f', 'rawvideo'];
  const { stdout } = await run('ffmpeg', [...args, '-fps_mode', 'passthrough', '-'], { encoding: 'buffer' });
  return [...stdout].map((grey) => Math.round((grey - 8) / 3));
}

async function tags(file: string): Promise<{ created: string; streams: string[]; duration: number }> {
  const show = ['-show_entries', 'format=duration:format_tags=creation_time:stream=codec_name', '-of', 'json'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...show, file]);
  const { format, streams } = JSON.parse(stdout);
  const names = streams.map(({ codec_name }: { codec_name: string }) => codec_name);
  return { created: format.tags?.creation_time, streams: names, duration: Number(format.duration) };
}

const CASES: [string, string, string[], 'copied' | 'encoded', string[]][] = [
  ['MP4, B-frames', 'a.mp4', [...H264, '-c:a', 'aac'], 'copied', ['h264', 'aac']],
  ['MP4 that begins late', 'late.mp4', [...H264, '-an', '-output_ts_offset', '7.5'], 'copied', ['h264']],
  ['Matroska with G.711', 'b.mkv', [...H264, '-c:a', 'pcm_alaw'], 'copied', ['h264', 'aac']],
  ['transport stream', 'c.ts', [...H264, '-c:a', 'aac'], 'encoded', ['h264', 'aac']],
  ['AVI with MJPEG', 'd.avi', ['-c:v', 'mjpeg', '-q:v', '2', '-an'], 'encoded', ['h264']],
];

test.each(CASES)('%s: a clip starts within one frame of its time', async (_, name, options, way, streams) => {
  const file = path.join(folder.path, name);
  await ffmpeg(...GREYS, ...TONE, '-map', '0:v', '-map', '1:a', ...options, file);
  const source: Source = { kind: 'file', input: file, name, label: name };
  const media = await probe(source, { signal });
  const clip = path.join(folder.path, `${name}.clip.mp4`);
  // Frame 46 is shown from 2.3 s on; key frames are those at 1.5 and at 3 s.
  const lead = Math.max(0, media.videoStart - media.start);
  const cut = { from: 2_270_000 + lead, length: 1_000_000, recorded: Date.UTC(2026, 10, 24, 21, 5, 9, 250) };
  expect(await cutClip(source, media, cut, clip, signal)).toBe(way);
  const frames = await shown(clip);
  // The picture that is seen at that time (45) or the next, and then every one. Where they are copied, ffmpeg ends by
  // decoding times, so that a few more may be there.
  const off = frames.slice(0, 20).map((frame, n) => frame - (46 + n));
  expect(Math.max(...off.map(Math.abs))).toBeLessThanOrEqual(1);
  expect(frames.length).toBeGreaterThanOrEqual(20);
  expect(frames.length).toBeLessThanOrEqual(24);
  expect(await tags(clip)).toMatchObject({ created: '2026-11-24T21:05:09.000000Z', streams });
  expect((await tags(clip)).duration).toBeGreaterThan(0.95);
  expect((await tags(clip)).duration).toBeLessThan(1.3);
});

test('from the start, and where there is no frame', async () => {
  const file = path.join(folder.path, 'e.mp4');
  await ffmpeg(...GREYS, ...H264, file);
  const source: Source = { kind: 'file', input: file, name: 'e.mp4', label: 'e.mp4' };
  const media = await probe(source, { signal });
  const clip = path.join(folder.path, 'e.clip.mp4');
  expect(await cutClip(source, media, { from: 0, length: 500_000, recorded: 0 }, clip, signal)).toBe('copied');
  expect((await shown(clip)).slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const beyond = cutClip(source, media, { from: 60_000_000, length: 500_000, recorded: 0 }, clip, signal);
  await expect(beyond).rejects.toMatchObject({ code: 'write-failed' });
});

test('two recordings in one Matroska file: refused, because their times would collapse', async () => {
  const one = await ffmpeg(...GREYS, ...H264, path.join(folder.path, 'one.mkv'));
  const bytes = await readFile(one);
  const both = path.join(folder.path, 'both.mkv');
  await writeFile(both, Buffer.concat([bytes, bytes]));
  const source: Source = { kind: 'file', input: both, name: 'both.mkv', label: 'both.mkv' };
  const media = await probe(source, { signal });
  const target = path.join(folder.path, 'both.mp4');
  const refusal = { code: 'write-failed', message: expect.stringContaining('times start again') };
  const cut = { from: 0, length: 1_000_000, recorded: 0 };
  await expect(cutClip(source, media, cut, target, signal)).rejects.toMatchObject(refusal);
  const copy = withCopyPlan(source, media, { format: 'mp4', option: 'embed' }, signal, async () => {});
  await expect(copy).rejects.toMatchObject(refusal);
  await expect(segmentVideo(source, media, folder.path, signal)).rejects.toMatchObject(refusal);
});
