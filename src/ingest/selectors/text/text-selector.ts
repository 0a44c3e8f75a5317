import type { ImageSpec, Micros } from '../../../core/types.ts';
import type { Frame } from '../../decode/decode-frames.ts';
import type { KeyframeSelector, SelectedFrame } from '../keyframe-selector.ts';
import { TextChanges } from './text-changes.ts';

/** Time between two samples: a title that is shown for a second is seen. */
const SAMPLING: Micros = 250_000;
/** The least time between two frames that are selected because of text. */
const LEAST_GAP: Micros = 1_000_000;
/** The other selector may still select a frame that is this old. */
const LATE: Micros = 4_000_000;

/**
 * Adds frames in which text has appeared, or gone, to those of another selector, which sees every frame: titles fade in over a picture without a cut.
 * For models that read. Such a frame comes at most half a second after the text stands still.
 */
export class TextSelector implements KeyframeSelector {
  readonly #inner: KeyframeSelector;
  readonly #changes: TextChanges;
  #sampled: Micros = Number.NEGATIVE_INFINITY;
  #selected: Micros = Number.NEGATIVE_INFINITY;
  /** Frames with other text, until the other selector has no earlier ones. */
  #pending: SelectedFrame[] = [];

  constructor(inner: KeyframeSelector, { width, height }: ImageSpec) {
    this.#inner = inner;
    this.#changes = new TextChanges(width, height);
  }

  push(frame: Frame): SelectedFrame[] {
    const selected = this.#merged(this.#inner.push(frame));
    this.#sample(frame);
    const due = this.#pending.filter(({ pts }) => pts <= frame.pts - LATE);
    this.#pending = this.#pending.slice(due.length);
    return [...selected, ...due];
  }

  finish(end: Micros): SelectedFrame[] {
    return [...this.#merged(this.#inner.finish(end)), ...this.#pending.splice(0)];
  }

  #sample({ pts, pixels }: Frame): void {
    if (pts - this.#sampled < SAMPLING) return;
    this.#sampled = pts;
    if (this.#changes.push(pixels, pts - this.#selected >= LEAST_GAP) === undefined) return;
    this.#selected = pts;
    this.#pending.push({ pts, pixels, still: false });
  }

  /** The other selector's frames, with the pending ones before each. What appeared within {@link LEAST_GAP} of one of them, that one shows. */
  #merged(frames: readonly SelectedFrame[]): SelectedFrame[] {
    const merged: SelectedFrame[] = [];
    for (const frame of frames) {
      merged.push(...this.#pending.filter(({ pts }) => pts < frame.pts), frame);
      this.#pending = this.#pending.filter(({ pts }) => pts >= frame.pts + LEAST_GAP);
      if (this.#pending.length > 0) continue;
      this.#changes.refer(frame.pixels);
      this.#selected = frame.pts;
    }
    return merged;
  }
}
