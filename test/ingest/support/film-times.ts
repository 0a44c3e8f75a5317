import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Micros } from '../../../src/core/types.ts';
import { type Opened, open, readAll } from '../../support/reading.ts';
import { ffmpeg, frameTimes, keyTimes, makeFolder } from '../../support/videos.ts';

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const testsrc = (rate: number | string, seconds: number): string[] => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=s=128x96:r=${rate}:d=${seconds}`,
];

/** Makes a film in a folder, and gives its path. */
export type MakeFilm = (path: (name: string) => string) => Promise<string>;

const FILMS = {
  'NTSC rate': (path) => ffmpeg(...testsrc('30000/1001', 3), ...H264, '-g', '20', path('ntsc.mp4')),
  'variable frame rate': (path) =>
    ffmpeg(
      ...testsrc(30, 6),
      ...['-vf', "select='not(mod(n,7))+not(mod(n,11))+between(n,60,75)'", '-fps_mode', 'vfr'],
      ...[...H264, '-g', '12', '-video_track_timescale', '57600', path('vfr.mp4')],
    ),
  'start at 1.4 s in a transport stream, MPEG-2': (path) =>
    ffmpeg(...testsrc(24, 3), '-c:v', 'mpeg2video', '-g', '12', '-bf', '2', path('mpeg2.ts')),
  'start after more than 26 hours (33 bits wrap)': (path) =>
    ffmpeg(...testsrc(25, 3), ...H264, '-g', '10', '-output_ts_offset', '95440', path('late.ts')),
  'edit list that begins inside a GOP': async (path) => {
    const whole = await ffmpeg(...testsrc(25, 6), ...H264, '-g', '50', path('whole.mp4'));
    return await ffmpeg('-ss', '2.6', '-i', whole, '-c', 'copy', path('edit.mp4'));
  },
  'video that starts later than its sound': (path) =>
    ffmpeg(
      ...['-f', 'lavfi', '-i', 'sine=d=3', '-itsoffset', '0.5', ...testsrc(25, 2), '-map', '1:v', '-map', '0:a'],
      ...[...H264, '-g', '10', path('delayed.mkv')],
    ),
  'B-frames and open GOPs, H.265': (path) =>
    ffmpeg(
      ...testsrc(25, 3),
      '-c:v',
      'libx265',
      '-x265-params',
      'log-level=none:keyint=20:bframes=3',
      path('hevc.mkv'),
    ),
  VP8: (path) => ffmpeg(...testsrc(25, 3), '-c:v', 'libvpx', '-deadline', 'realtime', '-g', '15', path('vp8.webm')),
  VP9: (path) =>
    ffmpeg(
      ...testsrc(25, 3),
      '-c:v',
      'libvpx-vp9',
      '-deadline',
      'realtime',
      '-cpu-used',
      '8',
      '-g',
      '15',
      path('vp9.webm'),
    ),
  AV1: (path) => ffmpeg(...testsrc(10, 3), '-c:v', 'libsvtav1', '-preset', '12', '-g', '10', path('av1.mp4')),
  'MPEG-4 in AVI': (path) => ffmpeg(...testsrc(25, 3), '-c:v', 'mpeg4', '-g', '15', path('mpeg4.avi')),
  FLV: (path) => ffmpeg(...testsrc(25, 3), '-c:v', 'flv1', '-g', '15', path('flv1.flv')),
  WMV: (path) => ffmpeg(...testsrc(25, 3), '-c:v', 'wmv2', '-g', '15', path('wmv2.wmv')),
  'motion JPEG': (path) => ffmpeg(...testsrc(25, 3), '-c:v', 'mjpeg', path('mjpeg.mov')),
  'animated GIF': (path) => ffmpeg(...testsrc(10, 3), path('anim.gif')),
} satisfies Record<string, MakeFilm>;

/** Films whose times are not what frame / fps says. */
export type TimedFilm = keyof typeof FILMS;
/** The names of all of them. */
export const TIMED_FILMS = Object.keys(FILMS) as TimedFilm[];
/** Those that `npm test` reads, one of each kind of trouble. */
export const ESSENTIAL_FILMS: readonly TimedFilm[] = [
  'variable frame rate',
  'start after more than 26 hours (33 bits wrap)',
  'edit list that begins inside a GOP',
  'video that starts later than its sound',
  'B-frames and open GOPs, H.265',
];

/** These are there for their codec alone; the others are also read with other choices and in part. */
const PLAIN: ReadonlySet<string> = new Set<TimedFilm>([
  'NTSC rate',
  'VP8',
  'AV1',
  'MPEG-4 in AVI',
  'FLV',
  'WMV',
  'motion JPEG',
]);

/** Tests of a film: it is read whole and compared with ffprobe's list of frames. */
export function checkTimesOf(name: TimedFilm): void {
  const make: MakeFilm = FILMS[name];

  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let path: string;
  let opened: Opened;
  let truth: Micros[];

  beforeAll(async () => {
    folder = await makeFolder();
    path = await make((name) => join(folder.path, name));
    opened = await open(path);
    truth = await frameTimes(path);
  });
  afterAll(() => folder.remove());

  it('gives each frame the time that the source gives it', async () => {
    const { times, media, report } = await readAll(opened, 'every:1ms');
    expect(times).toEqual(truth);
    expect(truth.length).toBeGreaterThan(12);
    expect(report.frames).toBe(truth.length);
    expect(report.zero).toBe(media.start);
    expect(report.damage).toBeUndefined();
    const [last = 0, beforeLast = 0] = truth.slice(-2).reverse();
    expect(report.end).toBeGreaterThan(last);
    expect(report.end).toBeLessThanOrEqual(last + 3 * Math.max(40_000, last - beforeLast));
  });

  it('finds the key frames that the container flags', async () => {
    const keys = await keyTimes(path);
    const { times, report } = await readAll(opened, 'keyframes');
    expect(times).toEqual(truth.filter((time) => keys.has(time)));
    expect(report.end).toBeGreaterThan(truth.at(-1) ?? 0);
  });

  it.skipIf(PLAIN.has(name))(
    'every:500ms takes the first frame at or after each half second from the first frame',
    async () => {
      const [first = 0] = truth;
      const slots = new Map<number, Micros>();
      for (const time of truth) {
        const slot = Math.floor((time - first + 1) / 500_000);
        if (!slots.has(slot)) slots.set(slot, time);
      }
      expect((await readAll(opened, 'every:500ms')).times).toEqual([...slots.values()]);
    },
  );

  it.skipIf(PLAIN.has(name))(
    'auto chooses from the frames that are there, the first one first, with no gap over 10 s',
    async () => {
      const { times } = await readAll(opened, 'auto');
      expect(times[0]).toBe(truth[0]);
      expect(truth).toEqual(expect.arrayContaining(times));
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    },
  );

  it.skipIf(PLAIN.has(name))('from and to cut at the exact frame, in track time', async () => {
    const { media } = opened;
    const middle = truth[Math.floor(truth.length / 2)] ?? 0;
    const later = truth[Math.floor(truth.length * 0.8)] ?? 0;
    const range = { from: middle - media.start, to: later - media.start };
    const expected = truth.filter((time) => time >= middle && time < later);
    const part = await readAll(opened, 'every:1ms', range);
    expect(part.times).toEqual(expected);
    expect(part.report.end).toBe(later);
    expect((await readAll(opened, 'auto', range)).times[0]).toBeLessThan(middle + 1_000_000);
  });
}
