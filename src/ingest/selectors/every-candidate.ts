import type { ImageSpec } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import type { KeyframeSelector, SelectedFrame } from './keyframe-selector.ts';
import { differenceOf, type Signature, showsSame, signatureOf } from './signature.ts';

/** Selects every candidate, and marks those that show the same as the one before. */
export class EveryCandidate implements KeyframeSelector {
  readonly #image: ImageSpec;
  #last: Signature | undefined;

  constructor(image: ImageSpec) {
    this.#image = image;
  }

  push({ pts, pixels }: Frame): SelectedFrame[] {
    const signature = signatureOf(pixels, this.#image.width, this.#image.height);
    const still = this.#last !== undefined && showsSame(differenceOf(this.#last, signature));
    this.#last = signature;
    return [{ pts, pixels, still }];
  }

  finish(): SelectedFrame[] {
    return [];
  }
}
