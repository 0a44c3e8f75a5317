import { describe, expect, it } from 'vitest';
import type { ImageSpec } from '../../../../src/core/types.ts';
import { sceneSelector } from '../../../../src/ingest/selectors/scene.ts';
import { TextSelector } from '../../../../src/ingest/selectors/text/text-selector.ts';

const RATE = 10;
const IMAGE: ImageSpec = {
  ...{ width: 160, height: 96, resize: 'stretch', filter: 'bicubic', matrix: 'bt601' },
  readsText: true,
};
const { width, height } = IMAGE;

/** Strokes of letters: where a title of 100 x 24 pixels is drawn at this place. */
function isStroke(x: number, y: number, left: number, top: number): boolean {
  return x >= left && x < left + 100 && y >= top && y < top + 24 && (x - left) % 7 < 3;
}

interface Shot {
  /** Brightness of a pixel of the picture at this time. */
  readonly picture: (x: number, y: number, seconds: number) => number;
  /** How much of the title is seen, 0 to 1, and where. */
  readonly title?: (seconds: number) => number;
  readonly left?: number;
  readonly top?: number;
}

const LANDSCAPE = (x: number, y: number): number => 60 + 60 * Math.sin(x / 40) + y / 3;
/** Edges that move, fewer than those of letters. */
const PANNED = (x: number, y: number, t: number): number => LANDSCAPE(x, y) + 60 * (Math.floor((x + t * 90) / 20) % 2);

/** Times of the selected frames, rounded to a tenth of a second. */
function selected(seconds: number, shot: (time: number) => Shot): number[] {
  const selector = new TextSelector(sceneSelector.create(IMAGE), IMAGE);
  const times: number[] = [];
  for (let frame = 0; frame < seconds * RATE; frame++) {
    const time = frame / RATE;
    const { picture, title = () => 0, left = 30, top = 40 } = shot(time);
    const pixels = new Uint8Array(width * height * 3);
    const share = title(time);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 3) {
        const behind = picture(x, y, time);
        const level = isStroke(x, y, left, top) ? behind + share * (250 - behind) : behind;
        pixels.fill(Math.max(0, Math.min(255, level)), at, at + 3);
      }
    }
    times.push(...selector.push({ pts: Math.round(time * 1e6), key: false, pixels }).map(({ pts }) => pts));
  }
  times.push(...selector.finish(seconds * 1e6).map(({ pts }) => pts));
  return times.map((pts) => Math.round(pts / 1e5) / 10);
}

/** Fades in within half a second at 3 s, and out at 6 s. */
const FADED = (time: number): number => Math.min(1, Math.max(0, (time - 3) * 2), Math.max(0, (6.5 - time) * 2));

describe('scene, for a model that reads', () => {
  it.each([
    ['a picture that stands still', LANDSCAPE],
    ['a picture that moves', PANNED],
  ])('selects a frame with a title that fades in over %s, and one without it', (_, picture) => {
    const times = selected(10, () => ({ picture, title: FADED }));
    expect(times).toHaveLength(3);
    const [first, shown = 0, gone = 0] = times;
    expect(first).toBe(0);
    expect(shown).toBeGreaterThanOrEqual(3.2);
    expect(shown).toBeLessThanOrEqual(4.1);
    expect(gone).toBeGreaterThanOrEqual(6.2);
    expect(gone).toBeLessThanOrEqual(7.1);
  });

  it('adds nothing where no text appears', () => {
    expect(selected(10, () => ({ picture: LANDSCAPE }))).toEqual([0]);
    expect(selected(10, () => ({ picture: PANNED }))).toEqual([0]);
    expect(selected(6, () => ({ picture: LANDSCAPE, title: () => 1 }))).toEqual([0]);
  });

  it('keeps the order of time and the cuts of the selector', () => {
    const bright = (x: number, y: number): number => 255 - LANDSCAPE(x, y);
    const times = selected(8, (time) =>
      time < 4
        ? { picture: LANDSCAPE, title: (at) => (at < 2 ? 0 : 1) }
        : { picture: bright, title: (at) => (at < 6 ? 0 : 1), top: 10 },
    );
    expect(times).toHaveLength(4);
    expect(times[0]).toBe(0);
    expect(times[1]).toBeCloseTo(2.5, 0);
    expect(times[2]).toBe(4);
    expect(times[3]).toBeCloseTo(6.5, 0);
  });
});
