import type { ImageSpec, Keyframe, Micros } from '../../core/types.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { KeyframeReader } from '../../ingest/read-keyframes.ts';
import { autoSelector } from '../../ingest/selectors/auto.ts';
import type { SelectedFrame } from '../../ingest/selectors/keyframe-selector.ts';
import type { FrameChoice } from '../../ingest/selectors/registry.ts';
import { isBlank, type Signature, signatureOf } from '../../ingest/selectors/signature.ts';
import { sharpnessOf } from './sharpness.ts';

/** Time between two samples, which is the precision of a step's start. */
const INTERVAL: Micros = 500_000;
/** A sample takes 3 KiB. Longer videos are sampled more sparsely, so that memory stays bounded. */
const MOST_SAMPLES = 20_000;
/** The interval is rounded up to a multiple of this. */
const TICK: Micros = 1000;

/** What is kept of one frame. */
export interface Sample {
  /** Track time. */
  readonly time: Micros;
  readonly signature: Signature;
  /** At the model's input size: enough to compare frames of one scene. */
  readonly sharpness: number;
  /** Plain black or white. */
  readonly blank: boolean;
}

/** Which frames are sampled: two a second, fewer only in videos of more than about three hours. */
export function samplingChoice(media: MediaInfo): FrameChoice & { readonly mode: 'every' } {
  const needed = (media.duration ?? 0) / MOST_SAMPLES;
  return { mode: 'every', interval: Math.max(INTERVAL, Math.ceil(needed / TICK) * TICK) };
}

/**
 * Passes through a video's frames once, as {@link samplingChoice} selects them: keeps a sample of every frame, and yields
 * those that `auto` would select, numbered from 0, to be captioned. `samples` is complete when the iteration has ended.
 * Throws what the reader throws.
 */
export async function* sampleFrames(
  reader: KeyframeReader,
  image: ImageSpec,
  zero: Micros,
  samples: Sample[],
): AsyncGenerator<Keyframe, void, undefined> {
  const selector = autoSelector.create(image);
  const { width, height } = image;
  let index = 0;
  let video = '';
  const keyframeOf = ({ pts, pixels, still }: SelectedFrame): Keyframe => {
    return { video, index: index++, pts, still, width, height, pixels };
  };
  for await (const frame of reader) {
    const signature = signatureOf(frame.pixels, width, height);
    samples.push({
      time: Math.max(0, frame.pts - zero),
      signature,
      sharpness: sharpnessOf(frame.pixels, width, height),
      blank: isBlank(signature),
    });
    video = frame.video;
    for (const selected of selector.push({ pts: frame.pts, key: false, pixels: frame.pixels }))
      yield keyframeOf(selected);
  }
  const { end } = await reader.report;
  for (const selected of selector.finish(end)) yield keyframeOf(selected);
}
