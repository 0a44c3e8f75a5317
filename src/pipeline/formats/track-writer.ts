import type { TrackStyling } from '../../core/cue-style.ts';
import type { JsonObject } from '../../core/json-value.ts';
import type { TrackKind } from '../../core/kind.ts';
import type { Caption, Cue, Micros, ModelIdentity, VideoEvent } from '../../core/types.ts';
import type { Written } from '../../storage/sink.ts';
import type { DroppedText } from '../cues/fit-gaps.ts';
import type { TextPiece } from '../screen-text/text-pieces.ts';

/** What is known about a track before its first caption. */
export interface TrackHeader {
  /** The program that writes it. */
  readonly tool: { readonly name: string; readonly version: string };
  readonly model: ModelIdentity;
  /** The name of the track file that the cues come from, where they come from one; no model wrote them then. */
  readonly from?: string;
  readonly source: {
    /** The video's name in the outputs. */
    readonly name: string;
    /** The input as the user named it. */
    readonly label: string;
    /** The container's start time, on the source's clock: the track's zero. */
    readonly start: Micros;
    /** Other properties of the source (size, codec, ...), which the JSON lists after the above. */
    readonly facts: JsonObject;
  };
  /** What the track is to a player, and its language (BCP 47). Formats that have a place for them include them. */
  readonly kind: TrackKind;
  readonly language: string;
  /**
   * Writes the video into a folder as HLS segments. `master` is a master playlist whose URIs are relative to that folder,
   * `notes` says what differs from the video, one clause each. Only `hls` calls it; absent where this process cannot read
   * the video.
   */
  readonly segmentVideo?: (folder: string) => Promise<{ readonly master: string; readonly notes: readonly string[] }>;
  /** The styling of the track file that the cues come from. */
  readonly styling?: TrackStyling;
  /** The options that determine the track, as the JSON lists them. */
  readonly options: JsonObject;
}

/** What is known about a track only at its end. */
export interface TrackSummary {
  /** The end of the video, on the source's clock. */
  readonly end: Micros;
  /** Why the captions do not cover the whole video. */
  readonly damage?: { readonly code: string; readonly message: string };
}

/**
 * Writes one track of one video. Captions arrive in order, and so do cues, one call at a time; a call resolves when there
 * is room for more. `finish` completes the track and returns what was written, where that is a file; `abort` leaves
 * nothing of it, and does nothing after `finish`.
 */
export interface TrackWriter {
  caption(caption: Caption): Promise<void>;
  /** Takes what an event came to, behind the captions of its keyframes, where events are asked for. */
  event?(event: VideoEvent): Promise<void>;
  cue(cue: Cue): Promise<void>;
  /** A piece of text in the picture, once it is gone. Only writers that have a place for it implement this. */
  text?(piece: TextPiece): Promise<void>;
  /** A text that no cue has, and why. Only writers that have a place for it implement this. */
  dropped?(dropped: DroppedText): Promise<void>;
  finish(summary: TrackSummary): Promise<Written | undefined>;
  abort(): Promise<void>;
}

/** `secondglance 1.2.3, model name@version`, or `secondglance 1.2.3, from film.vtt` */
export function writtenBy({ tool, model, from }: Pick<TrackHeader, 'tool' | 'model' | 'from'>): string {
  return `${tool.name} ${tool.version}, ${from === undefined ? `model ${modelLabel(model)}` : `from ${from}`}`;
}

/** `name@version` */
export function modelLabel(model: ModelIdentity): string {
  return `${model.name}@${model.version}`;
}
