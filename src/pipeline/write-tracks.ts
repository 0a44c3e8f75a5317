import { SecondGlanceError } from '../core/errors.ts';
import type { Caption } from '../core/types.ts';
import { counted } from '../core/wording.ts';
import type { Written } from '../storage/sink.ts';
import type { CueRules } from './cues/rules.ts';
import type { TrackSummary, TrackWriter } from './formats/track-writer.ts';
import { type CaptionStream, trackEvents } from './track-events.ts';

/** What {@link writeTracks} needs besides the captions. */
export interface TracksRequest {
  readonly rules: CueRules;
  readonly writers: readonly TrackWriter[];
  /** Called for every caption, in order, once it is written. */
  readonly onCaption?: (caption: Caption) => void;
}

/** What {@link writeTracks} did. */
export interface TracksReport<Summary extends TrackSummary = TrackSummary> {
  readonly keyframes: number;
  /** Keyframes without a caption, because their group failed, and the first reason. */
  readonly failed: number;
  readonly failure?: string;
  /** Captions left out of the cues because their confidence is below `rules.minConfidence`. */
  readonly unsure: number;
  readonly cues: number;
  /** One per writer, in their order. */
  readonly written: readonly Written[];
  readonly summary: Summary;
}

/** No keyframe has a caption: no track is better than an empty one. */
class NoCaptionsError extends SecondGlanceError<'captions-failed'> {
  constructor(keyframes: number, reason: string) {
    super('captions-failed', `none of ${counted(keyframes, 'keyframe')} could be captioned (${reason})`);
  }
}

/**
 * Writes the captions and cues of one video with every writer. The slowest writer sets the pace. On any failure, here
 * or in the stream, every track is aborted and the error thrown. Throws `captions-failed` if no keyframe has a caption.
 */
export async function writeTracks<Summary extends TrackSummary>(
  stream: CaptionStream<Summary>,
  { rules, writers, onCaption }: TracksRequest,
): Promise<TracksReport<Summary>> {
  let keyframes = 0;
  let failed = 0;
  let failure: string | undefined;
  let unsure = 0;
  let cues = 0;
  try {
    for await (const event of trackEvents(stream, rules)) {
      if (event.kind === 'caption') {
        const { caption } = event;
        await Promise.all(writers.map((writer) => writer.caption(caption)));
        keyframes += 1;
        if (caption.error !== undefined) failed += 1;
        else if (caption.confidence < rules.minConfidence) unsure += 1;
        failure ??= caption.error?.message;
        onCaption?.(caption);
      } else if (event.kind === 'cue') {
        await Promise.all(writers.map((writer) => writer.cue(event.cue)));
        cues += 1;
      } else {
        if (failure !== undefined && failed === keyframes) throw new NoCaptionsError(keyframes, failure);
        const { summary } = event;
        const written: Written[] = [];
        for (const writer of writers) written.push(await writer.finish(summary));
        return { keyframes, failed, ...(failure === undefined ? {} : { failure }), unsure, cues, written, summary };
      }
    }
    throw new Error('the stream of a video ended without its end');
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.abort()));
    throw error;
  }
}
