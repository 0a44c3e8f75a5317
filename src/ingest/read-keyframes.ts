import type { ImageSpec, Keyframe, Micros } from '../core/types.ts';
import { damageOf, endedBadly, type IngestReport } from './decode/damage.ts';
import { DEFAULT_STALL_MS, type DecodeTally, newTally } from './decode/decode-frames.ts';
import { readPicture } from './decode/still-picture.ts';
import { decodeFailure } from './ffmpeg/diagnose.ts';
import type { MediaInfo } from './probe/media-info.ts';
import { candidateFrames } from './selectors/candidates.ts';
import type { FrameChoice } from './selectors/frame-choice.ts';
import { type ChosenFrame, createSelector, type KeyframeSelector } from './selectors/selectors.ts';
import type { Source } from './sources/sources.ts';

/** How to read a source. */
export interface ReadOptions {
  readonly choice: FrameChoice;
  /** Selects keyframes from the frames of `choice`, instead of the selector that belongs to it. */
  readonly selector?: KeyframeSelector | undefined;
  readonly image: ImageSpec;
  /** Track time (PTS minus the container's start) of the first frame to look at. */
  readonly from?: Micros | undefined;
  /** Track time at which to stop. */
  readonly to?: Micros | undefined;
  readonly signal: AbortSignal;
  /** How long ffmpeg may say nothing while we wait for it; 30 s where absent. */
  readonly stallMs?: number | undefined;
  /** Hears how far the decoder is, in source time; often, so the hearer has to thin. */
  readonly onProgress?: ((pts: Micros) => void) | undefined;
}

/** Keyframes in order of time. They are decoded as slowly as they are taken; leaving the loop ends ffmpeg. */
export interface KeyframeReader extends AsyncIterable<Keyframe> {
  /** Settles when the iteration has ended, however it ended. Rejects with what the iteration threw. */
  readonly report: Promise<IngestReport>;
}

/**
 * Reads the chosen keyframes of a source that {@link probe} has seen. To be iterated once. The iteration throws
 * {@link IngestError} where nothing can be decoded (`decode-failed`, `unknown-codec`, ...), on a hang (`stalled`) and on
 * an abort (`aborted`); a file that is damaged in part ends normally and says so in the report.
 */
export function readKeyframes(source: Source, media: MediaInfo, options: ReadOptions): KeyframeReader {
  let resolve: (report: IngestReport) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const report = new Promise<IngestReport>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  report.catch(() => {}); // who iterates has the error already; the report need not be awaited
  const read = async function* (): AsyncGenerator<Keyframe, void, void> {
    const progress: Progress = { keyframes: 0, tallies: [], complete: false };
    let failure: { error: unknown } | undefined;
    try {
      if (source.kind === 'picture') yield* pictureKeyframe(source, options, progress);
      else yield* videoKeyframes(source, media, options, progress);
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      if (failure === undefined) resolve(damageOf(source, media, options, progress));
      else reject(failure.error);
    }
  };
  return { report, [Symbol.asyncIterator]: read };
}

interface Progress {
  keyframes: number;
  /** False while there may be more: what is not there yet is not missing. */
  complete: boolean;
  readonly tallies: DecodeTally[];
}

async function* pictureKeyframe(
  source: Source,
  { image }: ReadOptions,
  progress: Progress,
): AsyncGenerator<Keyframe, void, void> {
  const pixels = await readPicture(source, image);
  progress.tallies.push({ ...newTally(), decoded: 1 });
  progress.keyframes++;
  yield { video: source.name, index: 0, pts: 0, still: false, width: image.width, height: image.height, pixels };
}

async function* videoKeyframes(
  source: Source,
  media: MediaInfo,
  options: ReadOptions,
  progress: Progress,
): AsyncGenerator<Keyframe, void, void> {
  const { image, choice, signal } = options;
  const { width, height } = image;
  const chooser = options.selector ?? createSelector(choice, image);
  const number = ({ pts, pixels, still }: ChosenFrame): Keyframe => ({
    video: source.name,
    index: progress.keyframes++,
    pts,
    still,
    width,
    height,
    pixels,
  });
  const frames = candidateFrames(
    {
      source,
      media,
      image,
      choice,
      signal,
      from: options.from === undefined ? null : options.from + media.start,
      to: options.to === undefined ? null : options.to + media.start,
      stallMs: options.stallMs ?? DEFAULT_STALL_MS,
      onDecoded: options.onProgress,
    },
    progress.tallies,
  );
  for await (const frame of frames) for (const chosen of chooser.push(frame)) yield number(chosen);
  progress.complete = true;
  const seen = damageOf(source, media, options, progress);
  // A range that lies after the end has no frames, and nothing is wrong with the file.
  const failed = progress.tallies.find(({ detail }) => endedBadly(detail));
  if (seen.frames === 0 && (failed !== undefined || options.from === undefined)) {
    throw decodeFailure(source.label, (failed ?? progress.tallies[0])?.detail ?? {});
  }
  for (const chosen of chooser.finish(seen.end)) yield number(chosen);
}
