import type { EventMark, ImageSpec, Micros } from '../../core/types.ts';
import type { Frame } from '../decode/decode-frames.ts';

/** A frame that will be captioned. */
export interface SelectedFrame {
  readonly pts: Micros;
  readonly pixels: Uint8Array;
  /** True where it shows the same as the selected frame before it. */
  readonly still: boolean;
  /** True where it is known to be the first frame of a scene. */
  readonly cut?: true;
  /** The event that it belongs to, where events are asked for. */
  readonly event?: EventMark;
}

/** Selects the keyframes of one video. Its answers depend on the frames of this video only. */
export interface KeyframeSelector {
  /** Takes the next decoded frame, in order of time. Returns the frames that are selected now, in order of time. */
  push(frame: Frame): SelectedFrame[];
  /** Called after the last frame; `end` is where it ends. Returns the rest. */
  finish(end: Micros): SelectedFrame[];
}

/**
 * The frames that a selector needs decoded; the fewer, the cheaper.
 * - `all`: every frame
 * - `keys`: the key frames of the stream
 * - `interval`: the first frame of every `interval`
 * - `sampled`: the key frames, and one frame a second where two of them are more than `gap` apart; with `cuts`, the first frames of scenes
 *   that begin between them too
 */
export type CandidateFrames =
  | { readonly pick: 'all' }
  | { readonly pick: 'keys' }
  | { readonly pick: 'interval'; readonly interval: Micros }
  | { readonly pick: 'sampled'; readonly gap: Micros; readonly cuts?: boolean };

/** A kind of selector with its settings. To add one to `--frames`, write it in a file of its own and list it in `registry.ts`. */
export interface SelectorType {
  readonly candidates: CandidateFrames;
  /** Makes a selector for one video. */
  create(image: ImageSpec): KeyframeSelector;
}
