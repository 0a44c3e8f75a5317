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
 * every {@link MIN_GAP}; no frame that shows the same as the last selected one; within a scene, none that is followed by a cut within {@link MIN_GAP}.
 */
export const autoSelector: SelectorType = {
  candidates: { pick: 'sampled', gap: MAX_GAP, cuts: true },
  create: (image) => new AutoSelector(image),
};

/** A selected frame, as later ones are compared with it. */
interface Look {
  readonly pts: Micros;
  readonly signature: Signature;
  readonly blank: boolean;
}

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
  #last: Look | undefined;
  #fallback: Candidate | undefined;
  /** A blank frame after a scene: a flash, or the end of the scene. The next candidate decides. */
  #blank: Candidate | undefined;
  /** Selected, unless a cut follows at once. `before` was the last one until then. */
  #held: { readonly selected: SelectedFrame; readonly before: Look | undefined; readonly within: boolean } | undefined;
  #previous: { readonly signature: Signature; readonly step: number } | undefined;

  constructor(image: ImageSpec) {
    this.#image = image;
  }

  push(frame: Frame): SelectedFrame[] {
    const signature = signatureOf(frame.pixels, this.#image.width, this.#image.height);
    const blank = isBlank(signature);
    const { step, stepped } = this.#stepTo(signature);
    if (this.#last === undefined) return [this.#take({ frame, signature, still: false, blank })];
    const isCut =
      stepped || (blank && !this.#last.blank) || differenceOf(this.#last.signature, signature).mean >= OTHER_SCENE;
    const selected = [...this.#release(frame, isCut), ...this.#takeFallback(frame.pts, isCut)];
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
    else if (difference.mean >= OTHER_SCENE || (due && !still)) {
      const within = !stepped && step < OTHER_SCENE;
      const sampled = !frame.key && frame.cut !== true;
      if (since >= MIN_GAP && (within || sampled)) this.#hold(candidate, within);
      else selected.push(this.#take(candidate));
    } else if (due || !still) this.#fallback = candidate;
    return selected;
  }

  finish(end: Micros): SelectedFrame[] {
    const selected = this.#held === undefined ? [] : [this.#held.selected];
    this.#held = undefined;
    selected.push(...this.#takeFallback(end, false));
    if (this.#blank !== undefined && end - this.#blank.frame.pts >= MIN_GAP) selected.push(this.#take(this.#blank));
    return selected;
  }

  /** How far a candidate is from the one before it; `stepped` is true for a cut, also between similar colours, which differ less than {@link OTHER_SCENE}. */
  #stepTo(signature: Signature): { readonly step: number; readonly stepped: boolean } {
    const previous = this.#previous;
    const step = previous === undefined ? 0 : differenceOf(previous.signature, signature).mean;
    this.#previous = { signature, step };
    return { step, stepped: step >= CUT && step >= STANDS_OUT * (previous?.step ?? 0) };
  }

  /** Takes the fallback where the next candidate, or the end, would come too late; a blank frame where there is no other. */
  #takeFallback(next: Micros, isCut: boolean): SelectedFrame[] {
    const fallback = this.#fallback ?? this.#blank;
    if (fallback === undefined || this.#last === undefined || next - this.#last.pts <= MAX_GAP) return [];
    if (isCut && next - fallback.frame.pts < MIN_GAP && fallback !== this.#blank) return [];
    const pending = fallback === this.#blank ? undefined : this.#blank;
    const taken = this.#take(fallback);
    this.#blank = pending;
    return [taken];
  }

  /**
   * Takes a candidate, unless a cut follows so soon that there is no time to read its caption.
   * @param within it is of the same scene as the one before it, for sure
   */
  #hold(candidate: Candidate, within: boolean): void {
    const before = this.#last;
    this.#held = { selected: this.#take(candidate), before, within };
  }

  #release({ pts, cut }: Frame, isCut: boolean): SelectedFrame[] {
    const held = this.#held;
    if (held === undefined) return [];
    const late = pts - held.selected.pts >= MIN_GAP;
    const follows = cut === true || (isCut && held.within);
    if (!late && !isCut && !follows) return [];
    this.#held = undefined;
    if (late || !follows) return [held.selected];
    this.#last = held.before;
    return [];
  }

  #take({ frame, signature, still, blank }: Candidate): SelectedFrame {
    this.#last = { pts: frame.pts, signature, blank };
    this.#fallback = undefined;
    this.#blank = undefined;
    return { pts: frame.pts, pixels: frame.pixels, still, ...(frame.cut === true ? { cut: true } : {}) };
  }
}
