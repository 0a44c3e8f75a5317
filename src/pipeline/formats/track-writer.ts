import type { JsonObject } from '../../core/json.ts';
import type { TrackKind } from '../../core/kind.ts';
import type { Caption, Cue, Micros, ModelIdentity } from '../../core/types.ts';
import type { Written } from '../../storage/sink.ts';

/** What is known of a track before its first caption. */
export interface TrackHeader {
  /** The program that writes it. */
  readonly tool: { readonly name: string; readonly version: string };
  readonly model: ModelIdentity;
  readonly source: {
    /** The video's name as it stands in the outputs. */
    readonly name: string;
    /** The input as the user named it. */
    readonly label: string;
    /** The container's start time: the track's zero, on the source's clock. */
    readonly start: Micros;
    /** What else the JSON shall say of the source (size, codec, ...), after the above. */
    readonly facts: JsonObject;
  };
  /** What the track is to a player, and its language as a BCP 47 tag: formats that have a place for them say so. */
  readonly kind: TrackKind;
  readonly language: string;
  /**
   * Writes the video itself into a folder as HLS, and answers its master playlist, in which addresses count from that
   * folder. Only `hls` asks for it.
   */
  readonly segmentVideo?: (folder: string) => Promise<string>;
  /** The options that decide what is in the track, as the JSON shall show them. */
  readonly options: JsonObject;
}

/** What is known of a track only at its end. */
export interface TrackSummary {
  /** The end of the video, on the source's clock. */
  readonly end: Micros;
  /** Why the captions are not of the whole video. */
  readonly damage?: { readonly code: string; readonly message: string };
}

/**
 * Writes one track of one video in one format. Captions and cues come each in their order, one call at a time; a call
 * answers when there is room for more. After `finish` the track is complete on disk; after `abort` nothing of it is
 * left. `abort` after `finish` does nothing.
 */
export interface TrackWriter {
  caption(caption: Caption): Promise<void>;
  cue(cue: Cue): Promise<void>;
  finish(summary: TrackSummary): Promise<Written>;
  abort(): Promise<void>;
}

/** `name@version`, as the lines of a `jsonl` track name their model. */
export function modelLabel(model: ModelIdentity): string {
  return `${model.name}@${model.version}`;
}
