import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../src/core/types.ts';
import type { Frame } from '../../../src/ingest/decode/decode-frames.ts';
import { autoSelector } from '../../../src/ingest/selectors/auto.ts';
import { IMAGE } from '../../support/reading.ts';

const { width, height } = IMAGE;

/** A frame of one colour, with a square of another in it. */
function frame(seconds: number, colour: readonly number[], patch?: { colour: readonly number[]; size: number }): Frame {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = patch !== undefined && x >= 40 && x < 40 + patch.size && y >= 40 && y < 40 + patch.size;
      pixels.set(inside ? patch.colour : colour, (y * width + x) * 3);
    }
  }
  return { pts: seconds * 1_000_000, key: true, pixels };
}

/** A frame of `colour` with evenly spread noise of the given amplitude, the same for the same seed. */
function noisy(seconds: number, colour: readonly number[], amplitude: number): Frame {
  const made = frame(seconds, colour);
  let seed = (seconds * 7919 + 1) >>> 0;
  const pixels = made.pixels.map((value) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.min(255, Math.max(0, Math.round(value + (seed / 2 ** 32 - 0.5) * 2 * amplitude)));
  });
  return { ...made, pixels };
}

function choose(frames: readonly Frame[], end: number): [seconds: number, still: boolean][] {
  const selector = autoSelector.create(IMAGE);
  const chosen = frames.flatMap((each) => selector.push(each));
  chosen.push(...selector.finish(end * 1_000_000));
  return chosen.map(({ pts, still }) => [pts / 1_000_000, still]);
}

const GREY = [110, 110, 110];
const RED = [200, 60, 60];
const seconds = (count: number, step = 1): Micros[] => Array.from({ length: count }, (_, index) => index * step);

describe('auto', () => {
  it('takes the first frame, then a look every 10 s at what does not change', () => {
    const still = seconds(36).map((second) => frame(second, GREY));
    expect(choose(still, 36)).toEqual([
      [0, false],
      [10, true],
      [20, true],
      [30, true],
    ]);
  });

  it('looks ahead where candidates are far apart, so that no gap exceeds 10 s', () => {
    const still = seconds(6, 4).map((second) => frame(second, GREY));
    expect(choose(still, 33)).toEqual([
      [0, false],
      [8, true],
      [16, true],
      [20, true], // the end is 13 s after it, and nothing better is there
    ]);
  });

  it('takes a change of scene at once, even within the second', () => {
    const frames = [frame(0, GREY), frame(0.3, RED), frame(0.6, GREY)];
    expect(choose(frames, 1)).toEqual([
      [0, false],
      [0.3, false],
      [0.6, false],
    ]);
  });

  it('takes at most one look a second at smaller changes, and the last of them', () => {
    const moving = seconds(21, 0.2).map((second) =>
      frame(second, GREY, { colour: RED, size: 4 + Math.round(second * 8) }),
    );
    const times = choose(moving, 4.2).map(([second]) => second);
    expect(times).toEqual([0, 1, 2, 3, 4]);
  });

  it('looks at the end no more often than before, but at every cut', () => {
    const keys = [0, 8, 16].map((second) => frame(second, GREY, { colour: RED, size: 4 + 2 * second }));
    const tail = [17, 18, 19, 20, 21].map((second) => ({
      ...frame(second, second < 20 ? GREY : RED, { colour: [20, 20, 20], size: 2 * second }),
      spacing: 8_000_000,
    }));
    expect(choose([...keys, ...tail], 22).map(([second]) => second)).toEqual([0, 8, 16, 20]);
  });

  it('sees a colour that changes at equal lightness, and a change in one hundredth of the picture', () => {
    const lightness = Math.round(200 * 0.299 + 60 * 0.587 + 60 * 0.114);
    const frames = [
      frame(0, RED),
      frame(2, [lightness, lightness, lightness]),
      frame(4, [lightness, lightness, lightness], { colour: [20, 20, 20], size: 9 }),
      frame(6, [lightness, lightness, lightness], { colour: [20, 20, 20], size: 9 }),
    ];
    expect(choose(frames, 8)).toEqual([
      [0, false],
      [2, false],
      [4, false],
    ]);
  });

  it('does not see noise, nor a picture that gets a little lighter as a whole', () => {
    expect(
      choose(
        seconds(9).map((second) => noisy(second, GREY, 20)),
        9,
      ),
    ).toEqual([[0, false]]);
    expect(choose([frame(0, GREY), frame(2, [112, 112, 112]), frame(4, [109, 109, 109])], 5)).toEqual([[0, false]]);
  });

  it('ends a scene where black or white follows it, but not at a flash', () => {
    const black = [2, 2, 2];
    const white = [250, 250, 250];
    expect(choose([frame(0, GREY), frame(2, black), frame(4, RED)], 5)).toEqual([
      [0, false],
      [2, false],
      [4, false],
    ]);
    expect(choose([frame(0, GREY), frame(2, white), frame(4, GREY)], 5)).toEqual([[0, false]]);
    expect(choose([frame(0, GREY), frame(2, white), frame(2.5, GREY), frame(4, RED)], 5)).toEqual([
      [0, false],
      [4, false],
    ]);
    // A blank end of less than a second is no scene.
    expect(choose([frame(0, GREY), frame(2, black)], 2.9)).toEqual([[0, false]]);
    expect(choose([frame(0, GREY), frame(2, black)], 3)).toEqual([
      [0, false],
      [2, false],
    ]);
  });

  it('looks at black that stays as at any other scene', () => {
    const black = seconds(14).map((second) => frame(2 + second, [2, 2, 2]));
    expect(choose([frame(0, GREY), ...black, frame(16, GREY)], 18)).toEqual([
      [0, false],
      [2, false],
      [12, true],
      [16, false],
    ]);
    expect(choose([...black, frame(16, GREY)], 18)).toEqual([
      [2, false],
      [12, true],
      [16, false],
    ]);
  });

  it('keeps the look before a flash where nothing else comes within 10 s', () => {
    const frames = [frame(0, GREY), frame(4, GREY), frame(8, [250, 250, 250]), frame(11, GREY)];
    expect(choose(frames, 12)).toEqual([
      [0, false],
      [4, true],
    ]);
  });

  it('sees a cut between scenes of similar colours at the end, where it looks less often', () => {
    const tail = seconds(6).map((second) => ({
      ...frame(1 + second, second < 3 ? GREY : [126, 110, 100]),
      spacing: 8e6,
    }));
    expect(choose([frame(0, GREY), ...tail], 7)).toEqual([
      [0, false],
      [4, false],
    ]);
  });

  describe('selects nothing within the last second before a cut', () => {
    const small = { colour: RED, size: 12 };
    const times = (frames: readonly Frame[], end: number) => choose(frames, end).map(([second]) => second);

    it('of what has changed a little', () => {
      expect(times([frame(0, GREY), frame(10, GREY, small), frame(10.56, RED)], 12)).toEqual([0, 10.56]);
      expect(
        times([frame(0, GREY), frame(10, GREY, small), frame(10.56, [2, 2, 2]), frame(12, [2, 2, 2])], 14),
      ).toEqual([0, 10.56]);
    });

    it('of what stays the same', () => {
      expect(times([frame(0, GREY), frame(9.8, GREY), frame(10.4, RED)], 12)).toEqual([0, 10.4]);
    });

    it('but does, where no cut follows or it follows later', () => {
      const changed = frame(10, GREY, small);
      expect(times([frame(0, GREY), changed, frame(10.56, GREY, small), frame(12, RED)], 14)).toEqual([0, 10, 12]);
      expect(times([frame(0, GREY), changed, frame(11, RED)], 12)).toEqual([0, 10, 11]);
      expect(times([frame(0, GREY), changed], 10.4)).toEqual([0, 10]);
      expect(times([frame(0, GREY), frame(8, GREY), frame(11, RED)], 12)).toEqual([0, 8, 11]);
    });

    it('but a shot that is shorter, after another cut', () => {
      expect(times([frame(0, GREY), frame(3, RED), frame(3.4, GREY), frame(5, RED)], 6)).toEqual([0, 3, 3.4, 5]);
    });
  });
});
