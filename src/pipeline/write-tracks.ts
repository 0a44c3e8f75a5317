import type { Caption } from '../core/types.ts';
import type { Written } from '../storage/sink.ts';
import type { CueRules } from './cues/rules.ts';
import type { TrackSummary, TrackWriter } from './formats/track-writer.ts';
import { type CaptionCounts, type CaptionStream, trackEvents } from './track-events.ts';

/** What {@link writeTracks} needs besides the captions. */
export interface TracksRequest {
  readonly rules: CueRules;
  readonly writers: readonly TrackWriter[];
  /** Called for every caption, in order, once it is written. */
  readonly onCaption?: (caption: Caption) => void;
}

/** What {@link writeTracks} did. */
export interface TracksReport<Summary extends TrackSummary = TrackSummary> {
  readonly counts: CaptionCounts;
  readonly summary: Summary;
  /** What each writer wrote, in their order; undefined for one that does not write a file. */
  readonly written: readonly (Written | undefined)[];
}

/**
 * Writes the captions and cues of one video with every writer. The slowest writer sets the pace. On any failure, here
 * or in the stream (see `trackEvents`), every track is aborted and the error thrown.
 */
export async function writeTracks<Summary extends TrackSummary>(
  stream: CaptionStream<Summary>,
  { rules, writers, onCaption }: TracksRequest,
): Promise<TracksReport<Summary>> {
  const written: (Written | undefined)[] = [];
  try {
    for await (const event of trackEvents(stream, rules)) {
      if (event.kind === 'caption') {
        await Promise.all(writers.map((writer) => writer.caption(event.caption)));
        onCaption?.(event.caption);
      } else if (event.kind === 'event') {
        await Promise.all(writers.map((writer) => writer.event?.(event.event)));
      } else if (event.kind === 'cue') {
        await Promise.all(writers.map((writer) => writer.cue(event.cue)));
      } else if (event.kind === 'dropped') {
        await Promise.all(writers.map((writer) => writer.dropped?.(event.dropped)));
      } else if (event.kind === 'text') {
        await Promise.all(writers.map((writer) => writer.text?.(event.piece)));
      } else {
        for (const writer of writers) written.push(await writer.finish(event.summary));
        return { counts: event.counts, summary: event.summary, written };
      }
    }
    throw new Error('a stream of track events ended without its end event');
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.abort()));
    throw error;
  }
}
