import type { Group, Keyframe } from '../../src/core/types.ts';
import { type Colour, tinyPicture } from './tiny-bundle.ts';

/** A keyframe of the tiny bundle's size in one colour, a second after the one before. */
export function tinyKeyframe(
  colour: Colour | readonly [number, number, number],
  index: number,
  video = 'made',
): Keyframe {
  return { video, index, pts: index * 1_000_000, still: false, width: 16, height: 16, pixels: tinyPicture(colour) };
}

/** A group of such keyframes, the first of which has index `8 * index`. */
export function tinyGroup(
  colours: readonly (Colour | readonly [number, number, number])[],
  index = 0,
  video = 'made',
): Group {
  return { video, index, keyframes: colours.map((colour, i) => tinyKeyframe(colour, index * 8 + i, video)) };
}
