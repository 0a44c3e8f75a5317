import type { EventMark, ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import { EventBoundaries } from './event-boundaries.ts';
import type { CandidateFrames, KeyframeSelector, SelectedFrame } from './keyframe-selector.ts';
import { differenceOf, type Signature, showsSame } from './signature.ts';

/** Time between two frames that are compared, where a selector has no frames of its own: shorter things than this go unseen. */
const SAMPLING: Micros = 250_000;
/** The keyframes that an event gets at least, where it lasts and its pictures differ, and the time between them. */
const LEAST = 3;
const LEAST_GAP: Micros = 500_000;

/** The frames from which events are found: four a second where a selector would have sampled fewer. */
export function eventCandidates(candidates: CandidateFrames): CandidateFrames {
  return candidates.pick === 'sampled' ? { pick: 'interval', interval: SAMPLING } : candidates;
}

/**
 * Marks the keyframes of another selector with the events that they belong to. Adds the frame in which an event is noticed, and frames at its begin
 * until it has three. Frames that the other selector returns late, when a later one has been selected, are left out.
 */
export class EventSelector implements KeyframeSelector {
  readonly #inner: KeyframeSelector;
  readonly #boundaries: EventBoundaries;
  #event: EventMark = { index: -1, start: 0 };
  /** Keyframes of the current event. */
  #count = 0;
  #last: { readonly pts: Micros; readonly signature: Signature } | undefined;

  constructor(inner: KeyframeSelector, image: ImageSpec) {
    this.#inner = inner;
    this.#boundaries = new EventBoundaries(image);
  }

  push(frame: Frame): SelectedFrame[] {
    const { start, moving, signature } = this.#boundaries.push(frame);
    const selected = this.#inner.push(frame);
    const earlier = this.#marked(selected.filter(({ pts }) => pts < frame.pts));
    if (start !== undefined) {
      this.#event = { index: this.#event.index + 1, start };
      this.#count = 0;
    }
    const own = selected.find(({ pts }) => pts === frame.pts);
    const due = this.#count < LEAST && frame.pts - (this.#last?.pts ?? 0) >= LEAST_GAP;
    const changed = this.#last === undefined || !showsSame(differenceOf(this.#last.signature, signature));
    const wanted = own !== undefined || start !== undefined || (due && (moving || changed));
    if (!wanted) return earlier;
    const { pts, pixels } = frame;
    this.#last = { pts, signature };
    this.#count++;
    const still = own?.still === true && start === undefined;
    const cut = own?.cut === true ? { cut: own.cut } : {};
    return [...earlier, { pts, pixels, still, ...cut, event: this.#event }];
  }

  finish(end: Micros): SelectedFrame[] {
    return this.#marked(this.#inner.finish(end));
  }

  /** Frames that were selected late, where they still come in order of time. */
  #marked(frames: readonly SelectedFrame[]): SelectedFrame[] {
    const inOrder = frames.filter(({ pts }) => pts > (this.#last?.pts ?? Number.NEGATIVE_INFINITY));
    this.#count += inOrder.length;
    const last = inOrder.at(-1);
    // Only the time counts: their signatures are not at hand.
    if (last !== undefined && this.#last !== undefined) this.#last = { ...this.#last, pts: last.pts };
    return inOrder.map((frame) => ({ ...frame, event: this.#event }));
  }
}
