import type { ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import { FadeTracker } from './fades.ts';
import type { ChosenFrame, KeyframeSelector } from './selectors.ts';
import { differenceOf, type Signature, signatureOf } from './signature.ts';

/** Mean difference between neighbours from which a step may be a cut. */
const CUT = 10;
/** A cut stands out: this many times the mean step shortly before it, and shortly after it (motion, fades). */
const STANDS_OUT = 2.5;
/** How far "shortly" reaches. */
const NEIGHBOURHOOD: Micros = 250_000;
/** What does not last this long is no scene: a flash, a strobe, a torn frame. */
const SHORTEST_SCENE: Micros = 500_000;
/** Nearer to the scene before the cut than this share of the cut: the picture came back. */
const CAME_BACK = 0.4;

/** A decoded frame with what the detectors need of it. */
export interface SignedFrame extends Frame {
  readonly signature: Signature;
  /** Mean difference to the frame before it. */
  readonly step: number;
}

/** A change of scene that has yet to last. */
interface Pending {
  readonly frame: SignedFrame;
  /** The scene before it. */
  readonly before: Signature;
}

/**
 * `scene`: the first frame, and the first frame of every scene after it. A cut is a step between two frames that stands
 * out from the steps around it; a fade is what {@link FadeTracker} finds. Neither counts where the scene before comes
 * back, or another one comes, within {@link SHORTEST_SCENE}.
 *
 * Frames are decided {@link NEIGHBOURHOOD} late and given {@link SHORTEST_SCENE} late; until then their pixels are kept.
 */
export class SceneSelector implements KeyframeSelector {
  private readonly image: ImageSpec;
  private readonly fades = new FadeTracker();
  /** Frames around the one to be decided next, which is `window[next]`. */
  private readonly window: SignedFrame[] = [];
  private next = 1;
  private pending: Pending | undefined;
  private lastCut: Micros | undefined;

  constructor(image: ImageSpec) {
    this.image = image;
  }

  push(frame: Frame): ChosenFrame[] {
    const signature = signatureOf(frame.pixels, this.image.width, this.image.height);
    const previous = this.window.at(-1);
    const step = previous === undefined ? 0 : differenceOf(previous.signature, signature).mean;
    this.window.push({ ...frame, signature, step });
    if (previous === undefined) {
      this.lastCut = frame.pts;
      this.fades.restart({ ...frame, signature, step });
      return [{ pts: frame.pts, pixels: frame.pixels, still: false }];
    }
    const chosen: ChosenFrame[] = [];
    for (let due = this.window[this.next]; due !== undefined; due = this.window[this.next]) {
      if (frame.pts - due.pts < NEIGHBOURHOOD) break;
      chosen.push(...this.decide(due));
    }
    return chosen;
  }

  finish(): ChosenFrame[] {
    const chosen: ChosenFrame[] = [];
    for (let due = this.window[this.next]; due !== undefined; due = this.window[this.next]) {
      chosen.push(...this.decide(due));
    }
    // A fade may still run when the video ends, and a scene at the very end has no time to last.
    const fade = this.fades.finish();
    if (fade !== undefined) this.propose(fade);
    const last = this.window.at(-1);
    if (this.pending !== undefined && last !== undefined && !cameBack(this.pending, last.signature)) {
      chosen.push(this.confirm(this.pending));
    }
    return chosen;
  }

  /** Looks at one frame with its neighbours on both sides. */
  private decide(frame: SignedFrame): ChosenFrame[] {
    const previous = this.window[this.next - 1];
    const isCut = previous !== undefined && this.standsOut(frame);
    this.next++;
    while ((this.window[0]?.pts ?? frame.pts) < frame.pts - NEIGHBOURHOOD && this.next > 1) {
      this.window.shift();
      this.next--;
    }
    const chosen = this.settle(frame);
    if (isCut) {
      this.propose({ frame, before: previous.signature });
      this.fades.restart(frame);
    } else {
      const fade = this.fades.push(frame);
      if (fade !== undefined) this.propose(fade);
    }
    return chosen;
  }

  private standsOut(frame: SignedFrame): boolean {
    if (frame.step < CUT) return false;
    const around = (side: -1 | 1): number => {
      const steps = this.window
        .filter(({ pts }) => (pts - frame.pts) * side > 0 && (pts - frame.pts) * side <= NEIGHBOURHOOD)
        .map(({ step }) => step);
      return steps.length === 0 ? 0 : steps.reduce((sum, step) => sum + step, 0) / steps.length;
    };
    return frame.step >= STANDS_OUT * Math.max(around(-1), around(1));
  }

  /** Confirms or drops the pending change once it has had its time. */
  private settle(now: SignedFrame): ChosenFrame[] {
    const { pending } = this;
    if (pending === undefined || now.pts - pending.frame.pts < SHORTEST_SCENE) return [];
    this.pending = undefined;
    if (cameBack(pending, now.signature)) {
      this.fades.restart(now);
      return [];
    }
    return [this.confirm(pending)];
  }

  /** A change of scene. One that is pending already did not last, so the new one stands for both. */
  private propose(change: Pending): void {
    const before = this.pending?.before ?? change.before;
    if (this.pending !== undefined && cameBack({ ...this.pending, before }, change.frame.signature)) {
      this.pending = undefined;
      return;
    }
    if (this.lastCut !== undefined && change.frame.pts - this.lastCut < SHORTEST_SCENE) return;
    this.pending = { frame: change.frame, before };
  }

  private confirm({ frame }: Pending): ChosenFrame {
    this.pending = undefined;
    this.lastCut = frame.pts;
    return { pts: frame.pts, pixels: frame.pixels, still: false };
  }
}

function cameBack({ frame, before }: Pending, now: Signature): boolean {
  return differenceOf(before, now).mean < CAME_BACK * differenceOf(before, frame.signature).mean;
}
