import type { EventMark, ImageSpec, Micros } from '../../core/types.ts';
import { IngestError } from '../errors.ts';
import { EventSelector, eventCandidates } from '../selectors/events.ts';
import { motionSelector } from '../selectors/motion.ts';
import type { FrameChoice } from '../selectors/registry.ts';
import { differenceOf, type Signature, showsSame, signatureOf } from '../selectors/signature.ts';
import type { LivePick } from './live-filters.ts';

/** A picture that does not change is looked at again after this time: a caption may have been wrong, and light changes slowly. */
const STILL_GAP: Micros = 60_000_000;

/** With events, four frames a second are decoded; `auto` compares one a second, as without. */
const EVENT_GAP: Micros = 900_000;

/** What a selector says of a frame: it is to be captioned because it shows something else, because time passed, or not at all. */
export type FrameVerdict = 'changed' | 'still' | 'skipped';

/** What a selector says of a frame, and the event to which one that is to be captioned belongs, where events are asked for. */
export interface JudgedFrame {
  readonly verdict: FrameVerdict;
  readonly event?: EventMark;
}

/** Judges the frames of one source as they come: at once, because a live caption cannot wait for the next frame. */
export interface LiveSelector {
  push(at: Micros, pixels: Uint8Array): JudgedFrame;
}

type Size = Pick<ImageSpec, 'width' | 'height'>;

/** What a choice of frames needs decoded. */
export function livePick(
  choice: FrameChoice,
  events: boolean,
): { readonly pick: LivePick; readonly everyFrame: boolean } {
  if (choice.mode === 'every') return { pick: { interval: choice.interval }, everyFrame: true };
  if (choice.mode === 'keyframes') return { pick: 'keys', everyFrame: false };
  const candidates = eventCandidates({ pick: 'sampled', gap: 0 });
  if (!events || candidates.pick !== 'interval') return { pick: 'sampled', everyFrame: false };
  return { pick: { interval: candidates.interval }, everyFrame: true };
}

function imageOf({ width, height }: Size): ImageSpec {
  return { width, height, resize: 'stretch', filter: 'bilinear', matrix: 'bt601' };
}

/**
 * Makes a selector for pictures of one size. Throws `invalid-choice` for one that compares frames in both directions.
 * @param events marks frames with the events that they belong to, and selects those in which one begins
 */
export function liveSelector(choice: FrameChoice, size: Size, events: boolean): LiveSelector {
  const judge = judgeOf(choice, size, events ? EVENT_GAP : 0);
  if (!events) return { push: (at, pixels) => ({ verdict: judge.push(at, pixels) }) };
  const marking = new EventSelector(
    {
      push({ pts, pixels }) {
        const verdict = judge.push(pts, pixels);
        return verdict === 'skipped' ? [] : [{ pts, pixels, still: verdict === 'still' }];
      },
      finish: () => [],
    },
    imageOf(size),
  );
  return {
    push(at, pixels) {
      const [selected] = marking.push({ pts: at, key: true, pixels });
      if (selected?.event === undefined) return { verdict: 'skipped' };
      return { verdict: selected.still ? 'still' : 'changed', event: selected.event };
    },
  };
}

/** Judges frames one by one. */
interface FrameJudge {
  push(at: Micros, pixels: Uint8Array): FrameVerdict;
}

function judgeOf(choice: FrameChoice, size: Size, gap: Micros): FrameJudge {
  if (choice.mode === 'scene') {
    throw new IngestError('invalid-choice', '"scene" looks for cuts in films: use auto, motion or every:TIME.');
  }
  if (choice.mode === 'auto') return new ChangeSelector(size, gap);
  if (choice.mode === 'motion') return new MotionGate(choice.interval, size);
  return { push: () => 'changed' };
}

/** `auto`: what differs from the picture that was chosen last. */
class ChangeSelector implements FrameJudge {
  readonly #size: Size;
  readonly #gap: Micros;
  #comparedAt = Number.NEGATIVE_INFINITY;
  #last: { readonly at: Micros; readonly signature: Signature } | undefined;

  /** @param gap the shortest time between two frames that are compared */
  constructor(size: Size, gap: Micros) {
    this.#size = size;
    this.#gap = gap;
  }

  push(at: Micros, pixels: Uint8Array): FrameVerdict {
    if (at - this.#comparedAt < this.#gap) return 'skipped';
    this.#comparedAt = at;
    const signature = signatureOf(pixels, this.#size.width, this.#size.height);
    const last = this.#last;
    const same = last !== undefined && showsSame(differenceOf(last.signature, signature));
    if (same && at - last.at < STILL_GAP) return 'skipped';
    this.#last = { at, signature };
    return same ? 'still' : 'changed';
  }
}

/** `motion`, as for recordings: it decides at once. */
class MotionGate implements FrameJudge {
  readonly #selector;

  constructor(interval: Micros, size: Size) {
    this.#selector = motionSelector(interval).create(imageOf(size));
  }

  push(at: Micros, pixels: Uint8Array): FrameVerdict {
    const [selected] = this.#selector.push({ pts: at, key: true, pixels });
    if (selected === undefined) return 'skipped';
    return selected.still ? 'still' : 'changed';
  }
}
