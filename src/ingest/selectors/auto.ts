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

/**
 * `auto`, in this precedence: the first frame; each change of scene; a frame at least every {@link MAX_GAP}; at most one every {@link MIN_GAP};
 * no frame that shows the same as the last selected one.
 */
export const autoSelector: SelectorType = {
  candidates: { pick: 'sampled', gap: MAX_GAP },
  create: (image) => new AutoSelector(image),
};

interface Candidate {
  readonly frame: Frame;
  readonly signature: Signature;
  readonly still: boolean;
}

/**
 * Candidates may be seconds apart (key frames), so one that could be dropped is kept until the next one shows whether the gap would become too
 * long without it.
 */
class AutoSelector implements KeyframeSelector {
  readonly #image: ImageSpec;
  #last: { readonly pts: Micros; readonly signature: Signature } | undefined;
  #fallback: Candidate | undefined;

  constructor(image: ImageSpec) {
    this.#image = image;
  }

  push(frame: Frame): SelectedFrame[] {
    const signature = signatureOf(frame.pixels, this.#image.width, this.#image.height);
    const selected = this.#takeFallback(frame.pts);
    if (this.#last === undefined) {
      selected.push(this.#take({ frame, signature, still: false }));
      return selected;
    }
    const difference = differenceOf(this.#last.signature, signature);
    const still = showsSame(difference);
    const due = frame.pts - this.#last.pts >= Math.max(MIN_GAP, frame.spacing ?? 0);
    // The black between two scenes, or the white of a flash, is selected only where nothing else comes in time.
    if (isBlank(signature)) this.#fallback = { frame, signature, still };
    else if (difference.mean >= OTHER_SCENE || (due && !still)) selected.push(this.#take({ frame, signature, still }));
    else if (due || !still) this.#fallback = { frame, signature, still };
    return selected;
  }

  finish(end: Micros): SelectedFrame[] {
    return this.#takeFallback(end);
  }

  /** Takes the fallback where the next candidate, or the end, would come too late. */
  #takeFallback(next: Micros): SelectedFrame[] {
    if (this.#fallback === undefined || this.#last === undefined || next - this.#last.pts <= MAX_GAP) return [];
    return [this.#take(this.#fallback)];
  }

  #take({ frame, signature, still }: Candidate): SelectedFrame {
    this.#last = { pts: frame.pts, signature };
    this.#fallback = undefined;
    return { pts: frame.pts, pixels: frame.pixels, still };
  }
}
