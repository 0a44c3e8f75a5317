import type { ImageSpec } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import type { KeyframeSelector, SelectedFrame } from './keyframe-selector.ts';
import { isSameView } from './same-view.ts';
import { differenceOf, type Signature, showsSame, signatureOf } from './signature.ts';

/** A selected frame with the number of its scene. */
export type MarkedFrame = SelectedFrame & { readonly scene: number };

/**
 * Numbers the scenes of the frames that another selector selects. A frame belongs to the scene of the one before it where both show one view and
 * no cut is known to lie between them; in doubt it begins another scene.
 */
export class SceneMarks implements KeyframeSelector {
  readonly #inner: KeyframeSelector;
  readonly #image: ImageSpec;
  #scene = -1;
  #last: Signature | undefined;

  constructor(inner: KeyframeSelector, image: ImageSpec) {
    this.#inner = inner;
    this.#image = image;
  }

  push(frame: Frame): MarkedFrame[] {
    return this.#inner.push(frame).map((selected) => this.#mark(selected));
  }

  finish(end: number): MarkedFrame[] {
    return this.#inner.finish(end).map((selected) => this.#mark(selected));
  }

  #mark(selected: SelectedFrame): MarkedFrame {
    const last = this.#last;
    const signature = signatureOf(selected.pixels, this.#image.width, this.#image.height);
    this.#last = signature;
    const goesOn =
      last !== undefined &&
      selected.cut !== true &&
      (showsSame(differenceOf(last, signature)) || isSameView(last, signature));
    if (!goesOn) this.#scene++;
    return { ...selected, scene: this.#scene };
  }
}
