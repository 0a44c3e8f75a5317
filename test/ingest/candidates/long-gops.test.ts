import { beforeAll, describe, expect, it } from 'vitest';
import { type Opened, open, readAll } from '../../support/reading.ts';
import {
  BARS,
  checkCutsInsideGops,
  compare,
  DOOR,
  LIVE,
  MEADOW,
  NO_SCENECUT,
  rounded,
  S,
  shotFilms,
  X264,
} from '../support/long-gops.ts';

describe.each([
  ['long.mp4', [...X264, ...NO_SCENECUT]],
  ['live.mkv', [...X264, ...NO_SCENECUT, ...LIVE]],
])('cuts inside long GOPs: %s', checkCutsInsideGops);

const film = shotFilms();

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
