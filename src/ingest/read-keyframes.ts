import { stat } from 'node:fs/promises';
import type { ImageSpec, Keyframe, Micros } from '../core/types.ts';
import { candidateFrames } from './candidates/candidates.ts';
import { damageOf, endedBadly, type IngestReport } from './decode/damage.ts';
import { DEFAULT_STALL_MS, type DecodeTally, newTally } from './decode/decode-frames.ts';
import { exactImage } from './decode/filters.ts';
import { readPicture } from './decode/still-picture.ts';
import { awayFailure, readFailure } from './ffmpeg/machine-failure.ts';
import type { MediaInfo } from './probe/media-info.ts';
import { EventSelector, eventCandidates } from './selectors/events.ts';
import type { KeyframeSelector, SelectorType } from './selectors/keyframe-selector.ts';
import { type FrameChoice, selectorType } from './selectors/registry.ts';
import { type MarkedFrame, SceneMarks } from './selectors/scene-marks.ts';
import { TextSelector } from './selectors/text/text-selector.ts';
import type { Source } from './sources/sources.ts';

/** How to read a source. */
export interface ReadOptions {
  readonly choice: FrameChoice;
  /** Selects keyframes from the frames that `choice` decodes, instead of the selector that belongs to it. */
  readonly selector?: KeyframeSelector | undefined;
  readonly image: ImageSpec;
  /** Marks keyframes with the events that they belong to, see `selectors/events.ts`. */
  readonly events?: boolean;
  /** Track time (PTS minus the container's start) at which to start. */
  readonly from?: Micros | undefined;
  /** Track time at which to stop. */
  readonly to?: Micros | undefined;
  readonly signal: AbortSignal;
  /** How long ffmpeg may be silent while we wait for it; 30 s by default. */
  readonly stallMs?: number | undefined;
  /** Called with the source time that the decoder has reached. Called for every frame: throttle it. */
  readonly onProgress?: ((pts: Micros) => void) | undefined;
}

/** Keyframes in order of time, decoded at the consumer's pace; leaving the loop ends ffmpeg. */
export interface KeyframeReader extends AsyncIterable<Keyframe> {
  /** Settles when the iteration has ended. Rejects with the iteration's error. */
  readonly report: Promise<IngestReport>;
}

/**
 * Reads the selected keyframes of a source that was probed. To be iterated once. The iteration throws {@link IngestError} where nothing can be
 * decoded (`decode-failed`, `unknown-codec`, ...), on a hang (`stalled`) and on an abort (`aborted`). A file that is damaged in part does not
 * throw: the report has the damage.
 */
export function readKeyframes(source: Source, media: MediaInfo, asked: ReadOptions): KeyframeReader {
  const options = { ...asked, image: exactImage(media, asked.image) };
  let resolve: (report: IngestReport) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const report = new Promise<IngestReport>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  report.catch(() => {}); // the iteration throws the same error; the report need not be awaited
  const read = async function* (): AsyncGenerator<Keyframe, void, void> {
    const progress: Progress = { keyframes: 0, tallies: [], complete: false, grown: false };
    const size = await sizeOf(source);
    let failure: { error: unknown } | undefined;
    try {
      if (source.kind === 'picture') yield* pictureKeyframe(source, options, progress);
      else yield* videoKeyframes(source, media, options, progress);
      progress.grown = (await sizeOf(source)) > size;
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

/** The size of a local file in bytes; 0 for anything else. */
async function sizeOf({ kind, input }: Source): Promise<number> {
  if (kind !== 'file') return 0;
  return stat(input).then(
    (found) => found.size,
    () => 0,
  );
}

interface Progress {
  /** The file was longer after it was read than before. */
  grown: boolean;
  keyframes: number;
  /** True after the last frame: only then can the end of the video be missing. */
  complete: boolean;
  readonly tallies: DecodeTally[];
}

async function* pictureKeyframe(
  source: Source,
  { image, events = false }: ReadOptions,
  progress: Progress,
): AsyncGenerator<Keyframe, void, void> {
  const pixels = await readPicture(source, image);
  progress.tallies.push({ ...newTally(), decoded: 1 });
  progress.keyframes++;
  const { width, height } = image;
  const mark = events ? { event: { index: 0, start: 0 } } : {};
  yield { video: source.name, index: 0, pts: 0, still: false, width, height, pixels, ...mark };
}

/** A selector that sees every frame also finds text, for a model that reads it. */
function selectorFor(type: SelectorType, image: ImageSpec): KeyframeSelector {
  const selector = type.create(image);
  return image.readsText === true && type.candidates.pick === 'all' ? new TextSelector(selector, image) : selector;
}

async function* videoKeyframes(
  source: Source,
  media: MediaInfo,
  options: ReadOptions,
  progress: Progress,
): AsyncGenerator<Keyframe, void, void> {
  const { image, choice, signal, events = false } = options;
  const { width, height } = image;
  const type = selectorType(choice);
  const own = options.selector ?? selectorFor(type, image);
  const selector = new SceneMarks(events ? new EventSelector(own, image) : own, image);
  const keyframeOf = ({ pts, pixels, still, scene, event }: MarkedFrame): Keyframe => ({
    video: source.name,
    index: progress.keyframes++,
    pts,
    still,
    width,
    height,
    pixels,
    scene,
    ...(event === undefined ? {} : { event }),
  });
  const frames = candidateFrames(
    {
      source,
      media,
      image,
      candidates: events ? eventCandidates(type.candidates) : type.candidates,
      signal,
      from: options.from === undefined ? null : options.from + media.start,
      to: options.to === undefined ? null : options.to + media.start,
      stallMs: options.stallMs ?? DEFAULT_STALL_MS,
      onDecoded: options.onProgress,
      end: () => damageOf(source, media, options, { ...progress, complete: true }).end,
    },
    progress.tallies,
  );
  for await (const frame of frames) for (const selected of selector.push(frame)) yield keyframeOf(selected);
  progress.complete = true;
  const seen = damageOf(source, media, options, progress);
  // What is missing of a file that is gone is no damage.
  const away = seen.damage === undefined ? undefined : await awayFailure(source, {});
  if (away !== undefined) throw away;
  // A range behind the end has no frames: that is not an error.
  const failed = progress.tallies.find(({ detail }) => endedBadly(detail));
  if (failed === undefined ? seen.frames === 0 && options.from === undefined : progress.keyframes === 0) {
    throw await readFailure(source, (failed ?? progress.tallies[0])?.detail ?? {});
  }
  for (const selected of selector.finish(seen.end)) yield keyframeOf(selected);
}
