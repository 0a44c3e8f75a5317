import type { Caption, JointCaption, Micros, VideoEvent } from '../../core/types.ts';
import { tidy } from '../cues/text.ts';
import type { Transducer } from '../cues/transducer.ts';
import { agreedWording, type Tally } from './agreed-wording.ts';

/** Different captions of one event that are compared, and wordings of several keyframes; later ones are left out. */
const MOST_TEXTS = 64;

/** An event whose last keyframe may not have come yet. */
interface OpenEvent {
  readonly index: number;
  readonly start: Micros;
  readonly first: number;
  last: number;
  frames: number;
  readonly tallies: Map<string, Tally>;
  readonly joints: JointCaption[];
}

function add(event: OpenEvent, { index, text, confidence, nothingVisible, error, joint }: Caption): void {
  event.last = index;
  if (joint !== undefined && joint.text !== '' && event.joints.length < MOST_TEXTS) {
    event.joints.push({ ...joint, text: tidy(joint.text) });
  }
  const own = tidy(text);
  if (error !== undefined || nothingVisible === true || own === '') return;
  event.frames += 1;
  const known = event.tallies.get(own);
  if (known === undefined && event.tallies.size === MOST_TEXTS) return;
  const { count, confidence: sum } = known ?? { count: 0, confidence: 0 };
  event.tallies.set(own, { text: own, count: count + 1, confidence: sum + confidence });
}

/**
 * Gathers the captions of each event, in order, into one wording. An event ends where the next one begins, the last one with the video; one that
 * ends before the track's zero is left out. Holds one event.
 * @param zero the track's zero on the captions' clock
 * @param end the end of the video on that clock; called on completion
 */
export function gatherEvents(zero: Micros, end: () => Micros): Transducer<Caption, VideoEvent> {
  let current: OpenEvent | undefined;

  const closed = (until: Micros): VideoEvent[] => {
    if (current === undefined) return [];
    const { index, first, last, frames, tallies, joints } = current;
    const start = Math.max(0, current.start - zero);
    if (until <= start && index > 0) return [];
    const agreed = agreedWording([...tallies.values()], joints) ?? { text: '', confidence: 0, support: 0 };
    return [{ index, start, end: Math.max(start, until), ...agreed, frames, first, last }];
  };

  return {
    next(caption) {
      const mark = caption.event ?? { index: caption.index, start: caption.pts };
      const ended = current === undefined || current.index === mark.index ? [] : closed(Math.max(0, mark.start - zero));
      if (current?.index !== mark.index) {
        const { index } = caption;
        current = { ...mark, first: index, last: index, frames: 0, tallies: new Map(), joints: [] };
      }
      add(current, caption);
      return ended;
    },
    end: () => closed(Math.max(0, end() - zero)),
  };
}
