import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Reading, readAll } from '../../support/reading.ts';
import { ffmpeg, keyTimes, makeFolder } from '../../support/videos.ts';

const RATE = 25;
/** Size and rate of a shot, for a filter. */
export const S = `s=160x96:r=${RATE}`;
/** Sources of shots. */
export const BARS = `smptehdbars=${S}`;
const MOVING = `testsrc2=${S}`;
/** Grass below a sky. */
export const MEADOW = `color=0x90a8d0:${S},drawbox=y=60:h=36:w=160:color=0x309040:t=fill`;
/** A door in a wall. */
export const DOOR = `color=0x806040:${S},drawbox=x=20:y=10:w=50:h=70:color=0xd0e0f0:t=fill`;
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
/** Shots and their lengths in seconds. */
export type Shots = readonly (readonly [shot: string, seconds: number])[];
/** To milliseconds. */
export const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/** Makes films of shots in a folder that is removed after the tests. */
export function shotFilms(): (shots: Shots, name: string, ...codec: string[]) => Promise<string> {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());
  return (shots, name, ...codec) => {
    const parts = shots.map(([shot, length], at) => `${shot},trim=end=${length},setsar=1,format=yuv420p[s${at}]`);
    const inputs = shots.map((_, at) => `[s${at}]`).join('');
    const graph = `${parts.join(';')};${inputs}concat=n=${shots.length}[v]`;
    return ffmpeg('-filter_complex', graph, '-map', '[v]', ...codec, join(folder.path, name));
  };
}

/** When each shot begins. */
function cutsOf(shots: Shots): number[] {
  return shots.map((_, shot) => rounded(shots.slice(0, shot).reduce((sum, [, length]) => sum + length, 0)));
}

/** Whether a keyframe lies at each cut, to the frame, and how many keyframes lie elsewhere. */
export function compare(shots: Shots, { times, media }: Reading): { missed: number[]; others: number[] } {
  const seconds = times.map((pts) => rounded((pts - media.start) / 1e6));
  const cuts = cutsOf(shots);
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.002;
  return {
    missed: cuts.filter((cut) => !seconds.some((time) => near(time, cut))),
    others: seconds.filter((time) => !cuts.some((cut) => near(time, cut))),
  };
}

/** An encoder. */
export const X264 = ['-c:v', 'libx264', '-preset', 'veryfast'];
/** Key frames every ten seconds only. */
export const NO_SCENECUT = ['-x264-params', 'keyint=250:scenecut=0'];
/** As a camera encodes. */
export const LIVE = ['-tune', 'zerolatency', '-b:v', '150k', '-maxrate', '150k', '-bufsize', '60k'];

/** Tests that cuts far from any key frame are found. */
export function checkCutsInsideGops(name: string, codec: readonly string[]): void {
  const film = shotFilms();

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
}
