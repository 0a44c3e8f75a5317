import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Opened, open, type Reading, readAll } from '../../support/reading.ts';
import { ffmpeg, keyTimes, makeFolder } from '../../support/videos.ts';

const RATE = 25;
const S = `s=160x96:r=${RATE}`;
const BARS = `smptehdbars=${S}`;
const MOVING = `testsrc2=${S}`;
const MEADOW = `color=0x90a8d0:${S},drawbox=y=60:h=36:w=160:color=0x309040:t=fill`;
const DOOR = `color=0x806040:${S},drawbox=x=20:y=10:w=50:h=70:color=0xd0e0f0:t=fill`;
const ZOOM = `mandelbrot=${S}`;
/** Shots and their lengths in seconds. The bars come back within the first ten seconds, where both key frames show them. */
const SHOTS = [
  [BARS, 3.2],
  [DOOR, 1.4],
  [BARS, 6],
  [MOVING, 3.24],
  [MEADOW, 6.12],
  [ZOOM, 4.4],
  [DOOR, 4],
] as const;
/** The first one is the longest. */
const OTHER_SHOTS = [
  [MEADOW, 6],
  [DOOR, 3.2],
  [BARS, 4.4],
  [`rgbtestsrc=${S}`, 5.24],
  [MEADOW, 4.12],
  [BARS, 5.4],
  [DOOR, 3],
] as const;
type Shots = readonly (readonly [shot: string, seconds: number])[];
const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

function film(shots: Shots, name: string, ...codec: string[]): Promise<string> {
  const parts = shots.map(([shot, length], at) => `${shot},trim=end=${length},setsar=1,format=yuv420p[s${at}]`);
  const inputs = shots.map((_, at) => `[s${at}]`).join('');
  const graph = `${parts.join(';')};${inputs}concat=n=${shots.length}[v]`;
  return ffmpeg('-filter_complex', graph, '-map', '[v]', ...codec, join(folder.path, name));
}

/** When each shot begins. */
function cutsOf(shots: Shots): number[] {
  return shots.map((_, shot) => rounded(shots.slice(0, shot).reduce((sum, [, length]) => sum + length, 0)));
}

/** Whether a keyframe lies at each cut, to the frame, and how many keyframes lie elsewhere. */
function compare(shots: Shots, { times, media }: Reading): { missed: number[]; others: number[] } {
  const seconds = times.map((pts) => rounded((pts - media.start) / 1e6));
  const cuts = cutsOf(shots);
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.002;
  return {
    missed: cuts.filter((cut) => !seconds.some((time) => near(time, cut))),
    others: seconds.filter((time) => !cuts.some((cut) => near(time, cut))),
  };
}

const X264 = ['-c:v', 'libx264', '-preset', 'veryfast'];
const NO_SCENECUT = ['-x264-params', 'keyint=250:scenecut=0'];
const LIVE = ['-tune', 'zerolatency', '-b:v', '150k', '-maxrate', '150k', '-bufsize', '60k'];

describe.each([
  ['long.mp4', [...X264, ...NO_SCENECUT]],
  ['live.mkv', [...X264, ...NO_SCENECUT, ...LIVE]],
  ['long.ts', [...X264, ...NO_SCENECUT]],
  ['mpeg4.mp4', ['-c:v', 'mpeg4', '-g', '250', '-sc_threshold', '1000000000']],
])('cuts inside long GOPs: %s', (name, codec) => {
  it('auto starts a keyframe at each cut, to the frame', async () => {
    const path = await film(SHOTS, name, ...codec);
    // No cut is at a key frame: they are ten seconds apart.
    expect((await keyTimes(path)).size).toBe(3);
    const read = await readAll(path, 'auto');
    const { missed, others } = compare(SHOTS, read);
    expect(missed).toEqual([]);
    expect(others.length).toBeLessThanOrEqual(5);
    expect(others.filter((time) => cutsOf(SHOTS).some((cut) => cut > time && cut - time < 1))).toEqual([]);
    expect(read.report.damage).toBeUndefined();
  });
});

describe('cuts near key frames and the start of a range', () => {
  // Key frames at 0 and 10 s.
  const shots = [
    [BARS, 4.2],
    [DOOR, 6],
    [MEADOW, 5],
  ] as const;
  let opened: Opened;
  beforeAll(async () => {
    opened = await open(await film(shots, 'near.mp4', ...X264, ...NO_SCENECUT));
  });

  it.each([
    ['right after a key frame', undefined, [0, 4.2, 10.2]],
    ['in the GOP in which the range begins', 3, [3, 4.2, 10.2]],
    ['right after the start of the range', 4.12, [4.12, 4.2, 10.2]],
  ])('%s', async (_, from, expected) => {
    const { times, media } = await readAll(opened, 'auto', from === undefined ? {} : { from: from * 1e6 });
    expect(times.map((pts) => rounded((pts - media.start) / 1e6))).toEqual(expected);
  });
});

describe('key frames at cuts', () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open(await film(OTHER_SHOTS, 'scenecut.mp4', ...X264));
  });

  it('no GOP before a cut is decoded', async () => {
    const read = await readAll(opened, 'auto');
    expect(compare(OTHER_SHOTS, read).missed).toEqual([]);
    // The key frames, the first GOP (nothing is known of the encoder yet) and the rest after the last key frame.
    expect(read.report.frames).toBeLessThan(300);
  });
});
