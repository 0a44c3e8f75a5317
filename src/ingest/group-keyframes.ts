import { GROUP_SIZE, type Group, type Keyframe } from '../core/types.ts';

/**
 * Cuts keyframes into groups by their index, `[8k .. 8k+7]` of each video. A group leaves as soon as it is full, or when the next keyframe
 * belongs to another; the last one of a video may be shorter, and so is the first where the keyframes do not begin with 0.
 */
export async function* groupKeyframes(frames: AsyncIterable<Keyframe>): AsyncGenerator<Group, void, undefined> {
  let keyframes: Keyframe[] = [];
  let video = '';
  let index = 0;
  for await (const frame of frames) {
    const own = Math.floor(frame.index / GROUP_SIZE);
    if (keyframes.length > 0 && (frame.video !== video || own !== index)) {
      yield { video, index, keyframes };
      keyframes = [];
    }
    video = frame.video;
    index = own;
    keyframes.push(frame);
    if (frame.index % GROUP_SIZE === GROUP_SIZE - 1) {
      yield { video, index, keyframes };
      keyframes = [];
    }
  }
  if (keyframes.length > 0) yield { video, index, keyframes };
}
