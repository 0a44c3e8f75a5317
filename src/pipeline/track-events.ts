import { map, merge, Subject, share } from 'rxjs';
import type { Caption, Cue, Micros } from '../core/types.ts';
import { OutputError } from '../storage/errors.ts';
import { type GroupCaptions, orderCaptions } from './cues/order.ts';
import type { CueRules } from './cues/rules.ts';
import { toCues } from './cues/to-cues.ts';
import type { TrackSummary } from './formats/track-writer.ts';

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

/** What a track consists of, in order: captions and cues, and one `end`. */
export type TrackEvent<Summary extends TrackSummary = TrackSummary> =
  | { readonly kind: 'caption'; readonly caption: Caption }
  | { readonly kind: 'cue'; readonly cue: Cue }
  | { readonly kind: 'end'; readonly summary: Summary };

/**
 * Orders the captions of a video and derives its cues. A cue comes as soon as later captions have fixed its end. The
 * next group is requested only when everything that the previous one produced has been taken, so a slow consumer slows
 * the captioner down. Errors of `groups` and `end` are passed on; a missing group is `captions-incomplete`.
 */
export async function* trackEvents<Summary extends TrackSummary>(
  stream: CaptionStream<Summary>,
  rules: CueRules,
): AsyncGenerator<TrackEvent<Summary>, void, undefined> {
  let summary: Summary | undefined;
  const timeline = {
    zero: stream.zero,
    end: () => {
      if (summary === undefined) throw new OutputError('captions-incomplete', 'the end of the video is not known yet');
      return summary.end;
    },
  };

  // RxJS has no backpressure: what a group produces is collected here, synchronously, and yielded before the next group.
  const ready: TrackEvent<Summary>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const arriving = new Subject<GroupCaptions>();
  const captions = arriving.pipe(orderCaptions(stream.limit), share());
  merge(
    captions.pipe(map((caption) => ({ kind: 'caption', caption }) as const)),
    captions.pipe(
      toCues(rules, timeline),
      map((cue) => ({ kind: 'cue', cue }) as const),
    ),
  ).subscribe({
    next: (event) => ready.push(event),
    error: (error) => {
      failure = { error };
    },
  });

  for await (const group of stream.groups) {
    arriving.next(group);
    yield* ready.splice(0);
    if (failure !== undefined) throw failure.error;
  }
  summary = await stream.end();
  arriving.complete();
  yield* ready.splice(0);
  if (failure !== undefined) throw failure.error;
  yield { kind: 'end', summary };
}
