import { describe, expect, it } from 'vitest';
import { sceneSelector } from '../../../src/ingest/selectors/scene.ts';
import { IMAGE } from '../../support/reading.ts';

const { width, height } = IMAGE;

/** Far from each other, so that no scene seems to come back. */
const SHOTS = [
  [230, 40, 40],
  [40, 40, 230],
  [230, 230, 40],
  [40, 230, 230],
] as const;

/** The times, in seconds, of the frames that `scene` selects from a film at 25 frames a second in which `colourAt` says what is shown. */
function scenes(length: number, colourAt: (second: number) => readonly [number, number, number]): number[] {
  const selector = sceneSelector.create(IMAGE);
  const selected = Array.from({ length: length * 25 }, (_, at) => {
    const pixels = new Uint8Array(width * height * 3);
    const colour = colourAt(at / 25);
    for (let index = 0; index < pixels.length; index++) pixels[index] = colour[index % 3] ?? 0;
    return selector.push({ pts: at * 40_000, key: false, pixels });
  }).flat();
  return [...selected, ...selector.finish(length * 1e6)].map(({ pts }) => pts / 1e6);
}

describe('scene', () => {
  it('has a scene at least every second of a montage of shorter ones', () => {
    const montage = (second: number) => {
      if (second < 2 || second >= 6) return [90, 120, 90] as const;
      return SHOTS[Math.floor((second - 2) / 0.4) % SHOTS.length] ?? ([0, 0, 0] as const);
    };
    const found = scenes(8, montage);
    expect(found[0]).toBe(0);
    expect(found[1]).toBeLessThanOrEqual(2.5);
    expect(found.at(-1)).toBe(6);
    for (const [at, time] of found.slice(1, -1).entries()) expect((found[at + 2] ?? 0) - time).toBeLessThanOrEqual(1);
  });

  it('has none where the scene before comes back', () => {
    expect(scenes(4, (second) => (second >= 2 && second < 2.4 ? [250, 60, 60] : [90, 120, 90]))).toEqual([0]);
  });
});
