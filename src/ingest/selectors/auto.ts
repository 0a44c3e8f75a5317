import type { ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import type { KeyframeSelector, SelectedFrame, SelectorType } from './keyframe-selector.ts';
import { differenceOf, isBlank, type Signature, showsSame, signatureOf } from './signature.ts';

/** The longest time without a selected frame, however still the picture. */
const MAX_GAP: Micros = 10_000_000;
/** The shortest time between two selected frames of one scene. */
const MIN_GAP: Micros = 1_000_000;
/** Mean difference from which a frame shows another scene. */
const OTHER_SCENE = 24;
/** A smaller step from one candidate to the next is a cut if it is this large and stands out this much from the step before it. */
const CUT = 10;
const STANDS_OUT = 2.5;

/**
 * `auto`, in this precedence: the first frame; each change of scene, to black or white too; a frame at least every {@link MAX_GAP}; at most one
 * every {@link MIN_GAP}; no frame that shows the same as the last selected one.
 */
export const autoSelector: SelectorType = {
  candidates: { pick: 'sampled', gap: MAX_GAP, cuts: true },
  create: (image) => new AutoSelector(image),
};

interface Candidate {
  readonly frame: Frame;
  readonly signature: Signature;
  readonly still: boolean;
  readonly blank: boolean;
}

/**
 * Candidates may be seconds apart (key frames), so one that could be dropped is kept until the next one shows whether the gap would become too
 * long without it.
 */
class AutoSelector implements KeyframeSelector {
  readonly #image: ImageSpec;
  #last: { readonly pts: Micros; readonly signature: Signature; readonly blank: boolean } | undefined;
  #fallback: Candidate | undefined;
  /** A blank frame after a scene: a flash, or the end of the scene. The next candidate decides. */
  #blank: Candidate | undefined;
  #previous: { readonly signature: Signature; readonly step: number } | undefined;

  constructor(image: ImageSpec) {
    this.#image = image;
  }

  push(frame: Frame): SelectedFrame[] {
    const signature = signatureOf(frame.pixels, this.#image.width, this.#image.height);
    const blank = isBlank(signature);
    const stepped = this.#standsOut(signature);
    if (this.#last === undefined) return [this.#take({ frame, signature, still: false, blank })];
    const selected = this.#takeFallback(frame.pts);
    if (this.#blank !== undefined && (blank || differenceOf(this.#last.signature, signature).mean >= OTHER_SCENE)) {
      selected.push(this.#take(this.#blank));
    }
    this.#blank = undefined;
    const difference = differenceOf(this.#last.signature, signature);
    const still = showsSame(difference);
    const since = frame.pts - this.#last.pts;
    const due = since >= MIN_GAP && (stepped || since >= (frame.spacing ?? 0));
    const candidate = { frame, signature, still, blank };
    if (blank && !this.#last.blank) this.#blank = candidate;
    else if (difference.mean >= OTHER_SCENE || (due && !still)) selected.push(this.#take(candidate));
    else if (due || !still) this.#fallback = candidate;
    return selected;
  }

  finish(end: Micros): SelectedFrame[] {
    const selected = this.#takeFallback(end);
    if (this.#blank !== undefined && end - this.#blank.frame.pts >= MIN_GAP) selected.push(this.#take(this.#blank));
    return selected;
  }

  /** True for a cut between scenes of similar colours, which differ less than {@link OTHER_SCENE}. */
  #standsOut(signature: Signature): boolean {
    const previous = this.#previous;
    const step = previous === undefined ? 0 : differenceOf(previous.signature, signature).mean;
    this.#previous = { signature, step };
    return step >= CUT && step >= STANDS_OUT * (previous?.step ?? 0);
  }

  /** Takes the fallback where the next candidate, or the end, would come too late; a blank frame where there is no other. */
  #takeFallback(next: Micros): SelectedFrame[] {
    const fallback = this.#fallback ?? this.#blank;
    if (fallback === undefined || this.#last === undefined || next - this.#last.pts <= MAX_GAP) return [];
    const pending = fallback === this.#blank ? undefined : this.#blank;
    const taken = this.#take(fallback);
    this.#blank = pending;
    return [taken];
  }

  #take({ frame, signature, still, blank }: Candidate): SelectedFrame {
    this.#last = { pts: frame.pts, signature, blank };
    this.#fallback = undefined;
    this.#blank = undefined;
    return { pts: frame.pts, pixels: frame.pixels, still };
  }
}
