import type { ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';
import { FadeTracker, type SignedFrame } from './fades.ts';
import type { KeyframeSelector, SelectedFrame, SelectorType } from './keyframe-selector.ts';
import { differenceOf, isBlank, type Signature, signatureOf } from './signature.ts';

/** Mean difference between neighbours from which a step may be a cut. */
const CUT = 10;
/** A cut stands out: this many times the mean step shortly before it, and shortly after it (motion, fades). */
const STANDS_OUT = 2.5;
/** What counts as "shortly". */
const NEIGHBOURHOOD: Micros = 250_000;
/** Anything shorter is not a scene: a flash, a strobe, a damaged frame. */
const SHORTEST_SCENE: Micros = 500_000;
/** Closer to the scene before the cut than this share of the cut's size: the old scene came back. */
const CAME_BACK = 0.4;
/** A fade to black or white is over where the picture differs from the one {@link NEIGHBOURHOOD} later by less than this. */
const FADED = 1.5;

/** A change of scene that has not lasted long enough yet. */
interface Pending {
  readonly frame: SignedFrame;
  /** The scene before it. */
  readonly before: Signature;
  /** When that scene ended: earlier than `frame` where shorter ones lie between. */
  readonly ended: Micros;
  /** A picture that faded to black or white: it has to stay so for {@link SHORTEST_SCENE}. */
  readonly faded?: boolean;
}

/**
 * `scene`: the first frame of the video, and the first frame of every scene after it. Black or white that a scene fades to and that stays counts
 * as a scene, so that the scene before it has an end.
 */
export const sceneSelector: SelectorType = {
  candidates: { pick: 'all' },
  create: (image) => new SceneSelector(image),
};

/**
 * A cut is a step between two frames that stands out from the steps around it; {@link FadeTracker} finds fades. Neither counts where the scene
 * before it comes back, or another scene begins, within {@link SHORTEST_SCENE}; of many scenes shorter than that in a row, one in each such time
 * counts.
 *
 * A frame is judged {@link NEIGHBOURHOOD} after its time and returned {@link SHORTEST_SCENE} after it; its pixels are kept that long.
 */
class SceneSelector implements KeyframeSelector {
  private readonly image: ImageSpec;
  private readonly fades = new FadeTracker();
  /** Frames around the one to judge next, which is `window[next]`. */
  private readonly window: SignedFrame[] = [];
  private next = 1;
  private pending: Pending | undefined;
  private lastCut: Micros | undefined;
  /** Black or white is shown, and its beginning was proposed or is the scene's own. */
  private blank = false;

  constructor(image: ImageSpec) {
    this.image = image;
  }

  push(frame: Frame): SelectedFrame[] {
    const signature = signatureOf(frame.pixels, this.image.width, this.image.height);
    const previous = this.window.at(-1);
    const step = previous === undefined ? 0 : differenceOf(previous.signature, signature).mean;
    this.window.push({ ...frame, signature, step });
    if (previous === undefined) {
      this.lastCut = frame.pts;
      this.fades.restart({ ...frame, signature, step });
      this.blank = isBlank(signature);
      return [{ pts: frame.pts, pixels: frame.pixels, still: false }];
    }
    const selected: SelectedFrame[] = [];
    for (let due = this.window[this.next]; due !== undefined; due = this.window[this.next]) {
      if (frame.pts - due.pts < NEIGHBOURHOOD) break;
      selected.push(...this.judge(due));
    }
    return selected;
  }

  finish(): SelectedFrame[] {
    const selected: SelectedFrame[] = [];
    for (let due = this.window[this.next]; due !== undefined; due = this.window[this.next]) {
      selected.push(...this.judge(due));
    }
    // A fade may still run when the video ends, and a scene at the very end has no time to last.
    const fade = this.fades.finish();
    if (fade !== undefined) selected.push(...this.propose({ ...fade, ended: fade.frame.pts }));
    const last = this.window.at(-1);
    if (this.pending !== undefined && last !== undefined && lasts(this.pending, last)) {
      selected.push(this.confirm(this.pending));
    }
    return selected;
  }

  /** Judges one frame by its neighbours on both sides. */
  private judge(frame: SignedFrame): SelectedFrame[] {
    const previous = this.window[this.next - 1];
    const isCut = previous !== undefined && this.standsOut(frame);
    this.next++;
    while ((this.window[0]?.pts ?? frame.pts) < frame.pts - NEIGHBOURHOOD && this.next > 1) {
      this.window.shift();
      this.next--;
    }
    const selected = this.settle(frame);
    if (isCut) {
      selected.push(...this.propose({ frame, before: previous.signature, ended: frame.pts }));
      this.fades.restart(frame);
      this.blank = isBlank(frame.signature);
    } else {
      if (this.hasFaded(frame)) {
        selected.push(...this.propose({ frame, before: this.fades.origin, ended: frame.pts, faded: true }));
      }
      const fade = this.fades.push(frame);
      if (fade !== undefined) selected.push(...this.propose({ ...fade, ended: fade.frame.pts }));
    }
    return selected;
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

  /** True once for each time that the picture has become black or white and does not change any more. */
  private hasFaded(frame: SignedFrame): boolean {
    if (!isBlank(frame.signature)) this.blank = false;
    const newest = this.window.at(-1) ?? frame;
    if (this.blank || !isBlank(frame.signature) || newest === frame) return false;
    this.blank = differenceOf(frame.signature, newest.signature).mean < FADED;
    return this.blank;
  }

  /** Confirms or drops the pending change once enough time has passed. */
  private settle(now: SignedFrame): SelectedFrame[] {
    const { pending } = this;
    if (pending === undefined || now.pts - pending.frame.pts < SHORTEST_SCENE) return [];
    this.pending = undefined;
    if (lasts(pending, now)) return [this.confirm(pending)];
    // The fade from black goes on.
    if (pending.faded !== true) this.fades.restart(now);
    return [];
  }

  /** Proposes a change of scene. A pending one did not last, so the new one replaces it, unless the scene before has been gone for long. */
  private propose(change: Pending): SelectedFrame[] {
    // Black that did not stay is part of the fade between two scenes.
    const pending = this.pending?.faded === true ? undefined : this.pending;
    const before = pending?.before ?? change.before;
    if (pending !== undefined && cameBack({ ...pending, before }, change.frame.signature)) {
      this.pending = undefined;
      return [];
    }
    if (pending !== undefined && change.frame.pts - pending.ended >= SHORTEST_SCENE) {
      const selected = [this.confirm(pending)];
      this.pending = change;
      return selected;
    }
    if (this.lastCut !== undefined && change.frame.pts - this.lastCut < SHORTEST_SCENE) return [];
    this.pending = { ...change, before, ended: pending?.ended ?? change.frame.pts };
    return [];
  }

  private confirm({ frame }: Pending): SelectedFrame {
    this.pending = undefined;
    this.lastCut = frame.pts;
    return { pts: frame.pts, pixels: frame.pixels, still: false, cut: true };
  }
}

/** True where the new scene is still shown. */
function lasts(change: Pending, now: SignedFrame): boolean {
  if (change.faded === true) return isBlank(now.signature) && now.pts > change.frame.pts;
  return !cameBack(change, now.signature);
}

function cameBack({ frame, before }: Pending, now: Signature): boolean {
  return differenceOf(before, now).mean < CAME_BACK * differenceOf(before, frame.signature).mean;
}
