import { GROUP_SIZE, type Group, type Keyframe, type RecordedBy } from '../core/types.ts';

/**
 * Cuts keyframes into groups by their index, `[8k .. 8k+7]` of each video. A group leaves as soon as it is full, or when the next keyframe
 * belongs to another; the last one of a video may be shorter, and so is the first where the keyframes do not begin with 0.
 *
 * Keyframes that are marked with events are cut at the ends of events as well, and their groups are counted.
 */
export async function* groupKeyframes(
  frames: AsyncIterable<Keyframe>,
  recorded?: RecordedBy,
): AsyncGenerator<Group, void, undefined> {
  const by = recorded === undefined ? {} : { recorded };
  let keyframes: Keyframe[] = [];
  let video = '';
  let index = 0;
  let event: number | undefined;
  for await (const frame of frames) {
    const own = frame.event === undefined ? Math.floor(frame.index / GROUP_SIZE) : index;
    const ended = frame.video !== video || own !== index || frame.event?.index !== event;
    if (keyframes.length > 0 && ended) {
      yield { video, index, keyframes, ...by };
      keyframes = [];
      if (frame.event !== undefined) index++;
    }
    if (frame.event === undefined) index = own;
    else if (frame.video !== video) index = 0;
    video = frame.video;
    event = frame.event?.index;
    keyframes.push(frame);
    const full =
      frame.event === undefined ? frame.index % GROUP_SIZE === GROUP_SIZE - 1 : keyframes.length === GROUP_SIZE;
    if (full) {
      yield { video, index, keyframes, ...by };
      keyframes = [];
      if (frame.event !== undefined) index++;
    }
  }
  if (keyframes.length > 0) yield { video, index, keyframes, ...by };
}
