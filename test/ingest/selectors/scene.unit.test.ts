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

  describe.each([
    ['black', 0],
    ['white', 255],
  ])('a fade to %s', (_, blank) => {
    /** Red from the start, faded out from 2 s on for `fade`, then faded into blue at `back`. */
    const faded = (fade: number, back: number) => (second: number) => {
      const into = Math.min(1, Math.max(0, (second - back) / 0.6));
      const share = into > 0 ? into : Math.max(0, 1 - Math.max(0, second - 2) / fade);
      const colour = into > 0 ? ([40, 60, 200] as const) : ([200, 60, 40] as const);
      const [r, g, b] = colour.map((value) => Math.round(blank + share * (value - blank)));
      return [r ?? 0, g ?? 0, b ?? 0] as const;
    };

    it.each([0.4, 1, 3, 10])('of %s s ends the scene where it is complete, and the fade from it begins one', (fade) => {
      const [first, end, next, ...more] = scenes(fade + 8, faded(fade, fade + 4));
      expect(first).toBe(0);
      expect(end).toBeGreaterThan(2 + 0.95 * fade);
      expect(end).toBeLessThanOrEqual(2 + fade + 0.1);
      expect(next).toBeGreaterThan(fade + 4);
      expect(next).toBeLessThanOrEqual(fade + 4.8);
      expect(more).toEqual([]);
    });

    it('ends the last scene', () => {
      const found = scenes(6, faded(1, 100));
      expect(found).toHaveLength(2);
      expect(found[1]).toBeCloseTo(3, 0);
    });

    it('that does not last belongs to the change of scene', () => {
      const found = scenes(7, faded(0.6, 2.8));
      expect(found).toHaveLength(2);
      expect(found[1]).toBeGreaterThan(2.8);
      expect(found[1]).toBeLessThanOrEqual(3.6);
    });
  });
});
