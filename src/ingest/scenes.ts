import type { ImageSpec } from '../core/types.ts';
import type { ChosenFrame, FrameChooser } from './choose.ts';
import type { Frame } from './decode.ts';
import { differenceOf, type Signature, signatureOf } from './signature.ts';

/** placeholder first version */
export class SceneChooser implements FrameChooser {
  private readonly image: ImageSpec;
  private last: Signature | undefined;
  constructor(image: ImageSpec) {
    this.image = image;
  }
  push(frame: Frame): ChosenFrame[] {
    const signature = signatureOf(frame.pixels, this.image.width, this.image.height);
    const cut = this.last === undefined || differenceOf(this.last, signature).mean > 20;
    this.last = signature;
    return cut ? [{ pts: frame.pts, pixels: frame.pixels, still: false }] : [];
  }
  finish(): ChosenFrame[] {
    return [];
  }
}
