import { map, merge, Subject, share } from 'rxjs';
import type { Caption, Cue, Micros } from '../core/types.ts';
import { OutputError } from '../storage/errors.ts';
import type { Written } from '../storage/sink.ts';
import { type GroupCaptions, orderCaptions } from './cues/order.ts';
import type { CueRules } from './cues/rules.ts';
import { toCues } from './cues/to-cues.ts';
import type { TrackSummary, TrackWriter } from './formats/track-writer.ts';

/** What {@link writeTracks} needs besides the captions. */
export interface TracksRequest {
  readonly rules: CueRules;
  /** The container's start time: the tracks' zero. */
  readonly zero: Micros;
  readonly writers: readonly TrackWriter[];
  /** Groups that may wait for an earlier one. */
  readonly limit: number;
  /** Asked once, when all captions are there. Where it fails, so do the tracks. */
  readonly summary: () => Promise<TrackSummary>;
  /** Told of every caption, in order, once it is written. */
  readonly onCaption?: (caption: Caption) => void;
}

/** What {@link writeTracks} did. */
export interface TracksReport {
  readonly keyframes: number;
  /** Keyframes without a caption: their group failed. */
  readonly failed: number;
  readonly cues: number;
  /** One for each writer, in their order. */
  readonly written: readonly Written[];
}

type Item = { readonly caption: Caption } | { readonly cue: Cue };

/**
 * Takes one video's groups, done in any order, to finished tracks: puts the captions in order, makes cues of them, and
 * hands both to every writer. The next group is asked for only when all that the last one brought out is written, so
 * the slowest writer paces the rest. Whatever fails, here or in `groups`, aborts every track and is thrown on.
 */
export async function writeTracks(groups: AsyncIterable<GroupCaptions>, request: TracksRequest): Promise<TracksReport> {
  const { writers } = request;
  let summary: TrackSummary | undefined;
  const timeline = {
    zero: request.zero,
    end: () => {
      if (summary === undefined)
        throw new OutputError('captions-incomplete', 'the end of the video was asked too early');
      return summary.end;
    },
  };

  // RxJS knows no backpressure: what a group brings out is gathered here, synchronously, and written before the next.
  const due: Item[] = [];
  let failure: { readonly error: unknown } | undefined;
  const arriving = new Subject<GroupCaptions>();
  const captions = arriving.pipe(orderCaptions(request.limit), share());
  merge(
    captions.pipe(map((caption): Item => ({ caption }))),
    captions.pipe(
      toCues(request.rules, timeline),
      map((cue): Item => ({ cue })),
    ),
  ).subscribe({
    next: (item) => due.push(item),
    error: (error) => {
      failure = { error };
    },
  });

  let keyframes = 0;
  let failed = 0;
  let cues = 0;
  const writeDue = async (): Promise<void> => {
    for (const item of due.splice(0)) {
      if ('caption' in item) {
        await Promise.all(writers.map((writer) => writer.caption(item.caption)));
        keyframes += 1;
        if (item.caption.error !== undefined) failed += 1;
        request.onCaption?.(item.caption);
      } else {
        await Promise.all(writers.map((writer) => writer.cue(item.cue)));
        cues += 1;
      }
    }
    if (failure !== undefined) throw failure.error;
  };

  try {
    for await (const group of groups) {
      arriving.next(group);
      await writeDue();
    }
    summary = await request.summary();
    arriving.complete();
    await writeDue();

    const written: Written[] = [];
    for (const writer of writers) written.push(await writer.finish(summary));
    return { keyframes, failed, cues, written };
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.abort()));
    throw error;
  }
}
