import type { TextSink } from '../../storage/sink.ts';
import type { ParsedTrack } from './parse-cues.ts';
import type { TrackHeader, TrackWriter } from './track-writer.ts';

/** Reads tracks of one format. */
export interface TrackReader {
  /** True where `text` (a whole file, or its first 64 KiB) looks like this format. */
  detect(text: string): boolean;
  /** Parses a whole file; undefined where it is not of this format after all. */
  parse(text: string): ParsedTrack | undefined;
}

/** A track format: how `-f` names it, and how it is written and read. */
export interface TrackFormat {
  /** The name in `-f`. */
  readonly name: string;
  /** File extension, without the dot. */
  readonly extension: string;
  /** What the format is for, in a few words. */
  readonly description: string;
  /** One file may hold the tracks of several inputs, one after the other. */
  readonly severalInputs?: boolean;
  /** The output is several files, the video among them: it needs the video, and cannot go to stdout. */
  readonly includesVideo?: boolean;
  readonly reader?: TrackReader;
  /** Starts a track on `sink`. Where it throws, the caller discards the sink. */
  open(sink: TextSink, header: TrackHeader): Promise<TrackWriter>;
}
