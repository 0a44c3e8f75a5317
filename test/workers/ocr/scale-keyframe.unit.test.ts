import { expect, test } from 'vitest';
import { scaleKeyframe } from '../../../src/workers/ocr/scale-keyframe.ts';

test('a frame that is large enough to read is scaled to what the model takes', () => {
  const pixels = new Uint8Array(8 * 4 * 3).fill(7);
  const keyframe = { video: 'a', index: 3, pts: 5, still: false, width: 8, height: 4, pixels };
  const image = { width: 2, height: 2, filter: 'bicubic', matrix: 'bt601' } as const;
  const size = (resize: 'stretch' | 'crop' | 'fit') => {
    const { width, height, pixels: scaled, index } = scaleKeyframe(keyframe, { ...image, resize });
    expect([index, scaled.length, new Set(scaled)]).toEqual([3, width * height * 3, new Set([7])]);
    return [width, height];
  };
  expect([size('stretch'), size('crop'), size('fit')]).toEqual([
    [2, 2],
    [2, 2],
    [2, 1],
  ]);
});
