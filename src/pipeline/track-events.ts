import { EMPTY, map, merge, Subject, share } from 'rxjs';
import { SecondGlanceError } from '../core/errors.ts';
import { counted } from '../core/text/wording.ts';
import type { Caption, Cue, Micros, VideoEvent } from '../core/types.ts';
import type { DroppedText } from './cues/fit-gaps.ts';
import { type GroupCaptions, orderCaptions } from './cues/order.ts';
import type { CueRules } from './cues/rules.ts';
import { toCues } from './cues/to-cues.ts';
import { mapState } from './cues/transducer.ts';
import { TrackError } from './errors.ts';
import { gatherEvents } from './events/gather-events.ts';
import type { TrackSummary } from './formats/track-writer.ts';
import { type ReadCaption, readCaptions } from './screen-text/read-captions.ts';
import { type TextPiece, TextPieces } from './screen-text/text-pieces.ts';

/** The captions of one video, as they are finished. */
export interface CaptionStream<Summary extends TrackSummary = TrackSummary> {
  /** In any order of completion. */
  readonly groups: AsyncIterable<GroupCaptions>;
  /** The container's start time: the zero of its tracks. */
  readonly zero: Micros;
  /** How many groups may arrive before an earlier one. */
  readonly limit: number;
  /** What is known once all groups have arrived. Called once; if it rejects, the tracks fail. */
  readonly end: () => Promise<Summary>;
}

/** What a video's captions came to. */
export interface CaptionCounts {
  readonly keyframes: number;
  /** Keyframes without a caption, because their group failed, and the first reason. */
  readonly failed: number;
  readonly failure?: string;
  /** Captions left out of the cues because their confidence is below `rules.minConfidence`. */
  readonly unsure: number;
  /** Keyframes on which nothing is visible. */
  readonly blank: number;
  /** Descriptions that the dialogue leaves no room for. */
  readonly unplaced: number;
  /** Texts whose scenes are too short to show them. */
  readonly tooShort: number;
  readonly cues: number;
}

/** What a track consists of, in order: captions, cues, pieces of text in the picture, texts that were left out, and one `end`. */
export type TrackEvent<Summary extends TrackSummary = TrackSummary> =
  | { readonly kind: 'caption'; readonly caption: Caption }
  | { readonly kind: 'event'; readonly event: VideoEvent }
  | { readonly kind: 'cue'; readonly cue: Cue }
  | { readonly kind: 'text'; readonly piece: TextPiece }
  | { readonly kind: 'dropped'; readonly dropped: DroppedText }
  | { readonly kind: 'end'; readonly summary: Summary; readonly counts: CaptionCounts };

/** No keyframe has a caption: no track is better than an empty one. */
class NoCaptionsError extends SecondGlanceError<'captions-failed'> {
  constructor(keyframes: number, reason: string) {
    super('captions-failed', `none of ${counted(keyframes, 'keyframe')} could be captioned (${reason})`);
  }
}

/** What captions turn into before the end. */
type Derived =
  | Extract<TrackEvent, { readonly kind: 'event' | 'cue' | 'dropped' }>
  | (Extract<TrackEvent, { readonly kind: 'caption' }> & Pick<ReadCaption, 'ended'>);

function count(counts: CaptionCounts, event: Derived, rules: CueRules): CaptionCounts {
  if (event.kind === 'event') return counts;
  if (event.kind === 'dropped') {
    const { unplaced, tooShort } = counts;
    return event.dropped.reason === 'dialogue'
      ? { ...counts, unplaced: unplaced + 1 }
      : { ...counts, tooShort: tooShort + 1 };
  }
  if (event.kind === 'cue') return { ...counts, cues: counts.cues + 1 };
  const { error, confidence, nothingVisible } = event.caption;
  const keyframes = counts.keyframes + 1;
  if (error !== undefined) return { failure: error.message, ...counts, keyframes, failed: counts.failed + 1 };
  if (nothingVisible) return { ...counts, keyframes, blank: counts.blank + 1 };
  return { ...counts, keyframes, unsure: counts.unsure + (confidence < rules.minConfidence ? 1 : 0) };
}

const asText = (piece: TextPiece) => ({ kind: 'text', piece }) as const;

/**
 * Orders the captions of a video and derives its cues. A cue comes as soon as later captions have fixed its end. The
 * next group is requested only when everything that the previous one produced has been taken, so a slow consumer slows
 * the captioner down. Errors of `groups` and `end` are passed on; a missing group is `captions-incomplete`, a video
 * without a single caption `captions-failed`.
 */
export async function* trackEvents<Summary extends TrackSummary>(
  stream: CaptionStream<Summary>,
  rules: CueRules,
): AsyncGenerator<TrackEvent<Summary>, void, undefined> {
  let summary: Summary | undefined;
  const timeline = {
    zero: stream.zero,
    end: () => {
      if (summary === undefined) throw new TrackError('captions-incomplete', 'the end of the video is not known yet');
      return summary.end;
    },
  };

  // RxJS has no backpressure: what a group produces is collected here, synchronously, and yielded before the next group.
  let ready: Derived[] = [];
  let failure: { readonly error: unknown } | undefined;
  const arriving = new Subject<GroupCaptions>();
  const pieces = new TextPieces(stream.zero);
  const captions = arriving.pipe(orderCaptions(stream.limit), readCaptions(pieces), share());
  const single = captions.pipe(map(({ caption }) => caption));
  const events = rules.events ? single.pipe(mapState(() => gatherEvents(timeline.zero, timeline.end))) : EMPTY;
  merge(
    captions.pipe(map(({ caption, ended }) => ({ kind: 'caption', caption, ended }) as const)),
    events.pipe(map((event) => ({ kind: 'event', event }) as const)),
    captions.pipe(
      toCues(rules, timeline, (dropped) => ready.push({ kind: 'dropped', dropped })),
      map((cue) => ({ kind: 'cue', cue }) as const),
    ),
  ).subscribe({
    next: (event) => ready.push(event),
    error: (error) => {
      failure = { error };
    },
  });

  let counts: CaptionCounts = { keyframes: 0, failed: 0, unsure: 0, blank: 0, unplaced: 0, tooShort: 0, cues: 0 };
  const take = function* (): Generator<TrackEvent<Summary>, void, undefined> {
    const events = ready;
    ready = [];
    for (const event of events) {
      counts = count(counts, event, rules);
      if (event.kind !== 'caption') yield event;
      else {
        yield { kind: 'caption', caption: event.caption };
        yield* event.ended.map(asText);
      }
    }
    if (failure !== undefined) throw failure.error;
  };

  for await (const group of stream.groups) {
    arriving.next(group);
    yield* take();
  }
  summary = await stream.end();
  arriving.complete();
  yield* take();
  yield* pieces.end(summary.end).map(asText);
  if (counts.failure !== undefined && counts.failed === counts.keyframes) {
    throw new NoCaptionsError(counts.keyframes, counts.failure);
  }
  yield { kind: 'end', summary, counts };
}
